"""Who may do what in the store: pure functions from logins and buckets to SeaweedFS' file of identities.

Source of the file's form and of the policies' words: seaweedfs/seaweedfs 4.53, weed/pb/iam.proto (S3ApiConfiguration),
weed/s3api/policy_engine; of the folders of a profile: kubeflow/pipelines, its profile controller, and the key format
that Argo and launchers of this repository's pipelines are told.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Document = dict[str, Any]

PROFILES = "profiles"
"""The name of the one policy that all profiles have."""

FOLDERS = ("private-artifacts", "private", "artifacts")
"""Each has a folder for each profile; what is not below one of its own, a profile's login neither sees nor touches."""

USER = "${aws:username}"
"""In a policy it stands for the name of whoever asks, which for a profile is its namespace's."""

OBJECTS = (
    "s3:GetObject",
    "s3:GetObjectAttributes",
    "s3:GetObjectVersion",
    "s3:PutObject",
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:GetObjectTagging",
    "s3:PutObjectTagging",
    "s3:DeleteObjectTagging",
    "s3:ListMultipartUploadParts",
    "s3:AbortMultipartUpload",
)
BUCKETS = (
    "s3:CreateBucket",
    "s3:ListBucket",
    "s3:ListBucketVersions",
    "s3:ListBucketMultipartUploads",
    "s3:GetBucketLocation",
    "s3:GetBucketVersioning",
)
"""Not how a bucket is protected: policies and access lists stay the charm's."""

NOTHING = {"Effect": "Deny", "Action": ["s3:*"], "Resource": ["arn:aws:s3:::*"]}


def administrator(name: str, credentials: Sequence[Mapping[str, str]]) -> Document:
    """Return an identity that may do everything."""
    return {"name": name, "credentials": list(credentials), "actions": ["Admin"]}


def identity(name: str, credentials: Sequence[Mapping[str, str]], policy: str) -> Document:
    """Return an identity that may do what a policy says."""
    return {"name": name, "credentials": list(credentials), "policyNames": [policy]}


def credential(access_key: str, secret_key: str) -> Document:
    """Return what an identity signs with."""
    return {"accessKey": access_key, "secretKey": secret_key}


def policy(name: str, statements: Iterable[Document]) -> Document:
    """Return a policy as the file has it: a document within the document."""
    return {"name": name, "content": json.dumps({"Version": "2012-10-17", "Statement": list(statements)})}


def of_application(buckets: Sequence[str]) -> list[Document]:
    """Return what a related application may do: all of it in these buckets, and nothing elsewhere."""
    if not buckets:
        return [NOTHING]
    return [
        {"Effect": "Allow", "Action": list(BUCKETS), "Resource": [_resource(name) for name in buckets]},
        {"Effect": "Allow", "Action": list(OBJECTS), "Resource": [_resource(f"{name}/*") for name in buckets]},
    ]


def of_profiles(buckets: Sequence[str]) -> list[Document]:
    """Return what a profile may do: all of it below its own folders, and to learn that the bucket is there."""
    places = [_resource(bucket) for bucket in buckets]
    if not places:
        return [NOTHING]
    own = [f"{folder}/{USER}/*" for folder in FOLDERS]
    return [
        {
            "Effect": "Allow",
            "Action": ["s3:ListBucket", "s3:ListBucketMultipartUploads"],
            "Resource": places,
            "Condition": {"StringLike": {"s3:prefix": own}},
        },
        # Clients ask whether a bucket is there before they write; SeaweedFS takes that for a list without a prefix.
        {
            "Effect": "Allow",
            "Action": ["s3:ListBucket"],
            "Resource": places,
            "Condition": {"StringEquals": {"s3:RequestMethod": "HEAD"}},
        },
        {"Effect": "Allow", "Action": ["s3:GetBucketLocation"], "Resource": places},
        {
            "Effect": "Allow",
            "Action": list(OBJECTS),
            "Resource": [_resource(f"{bucket}/{folder}") for bucket in buckets for folder in own],
        },
    ]


def _resource(name: str) -> str:
    return f"arn:aws:s3:::{name}"
