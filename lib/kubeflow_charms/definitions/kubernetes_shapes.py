"""Shapes of Kubernetes' own types, for kinds that embed them: a pod's template, a container, a volume.

A controller reads all objects of a kind at once, into Go's types: one object with a wrong type in it, wherever that
is, hides all others from it, those of other users too. So each field that Go knows has its type here, to the last one;
fields of newer releases are kept unread. What Kubernetes says of values, such as which words a policy may be, is not
said again. Source of names and types: k8s.io/api v0.36, core/v1 and autoscaling/v2.
"""

from typing import Any

_PAIRS = {"*": "string"}
_QUANTITIES = {"*": "quantity"}
_NAMED = {"name": "string"}
_KEY = {"key": "string", "name": "string", "optional": "boolean"}
_REFERENCE = {"name": "string", "optional": "boolean"}
_TYPED = {"apiGroup": "string", "kind": "string", "name": "string"}
_PROFILE = {"localhostProfile": "string", "type": "string"}
_EXEC = {"command": ["string"]}
_HTTP = {
    "host": "string",
    "httpHeaders": [{"name": "string", "value": "string"}],
    "path": "string",
    "port": "int-or-string",
    "scheme": "string",
}
_TCP = {"host": "string", "port": "int-or-string"}
_HANDLER = {"exec": _EXEC, "httpGet": _HTTP, "sleep": {"seconds": "integer"}, "tcpSocket": _TCP}
_SECURITY = {
    "appArmorProfile": _PROFILE,
    "runAsGroup": "integer",
    "runAsNonRoot": "boolean",
    "runAsUser": "integer",
    "seLinuxOptions": {"level": "string", "role": "string", "type": "string", "user": "string"},
    "seccompProfile": _PROFILE,
    "windowsOptions": {
        "gmsaCredentialSpec": "string",
        "gmsaCredentialSpecName": "string",
        "hostProcess": "boolean",
        "runAsUserName": "string",
    },
}
_CONTAINER = {
    "args": ["string"],
    "command": ["string"],
    "env": ["env-variable"],
    "envFrom": ["env-source"],
    "image": "string",
    "imagePullPolicy": "string",
    "lifecycle": {"postStart": _HANDLER, "preStop": _HANDLER, "stopSignal": "string"},
    "livenessProbe": "probe",
    "name!": "string",
    "ports": ["container-port"],
    "readinessProbe": "probe",
    "resizePolicy": [{"resourceName": "string", "restartPolicy": "string"}],
    "resources": "resources",
    "restartPolicy": "string",
    "restartPolicyRules": [{"action": "string", "exitCodes": {"operator": "string", "values": ["int32"]}}],
    "securityContext": "container-security",
    "startupProbe": "probe",
    "stdin": "boolean",
    "stdinOnce": "boolean",
    "terminationMessagePath": "string",
    "terminationMessagePolicy": "string",
    "tty": "boolean",
    "volumeDevices": [{"devicePath": "string", "name": "string"}],
    "volumeMounts": ["volume-mount"],
    "workingDir": "string",
}
_POD_TERM = {
    "labelSelector": "label-selector",
    "matchLabelKeys": ["string"],
    "mismatchLabelKeys": ["string"],
    "namespaceSelector": "label-selector",
    "namespaces": ["string"],
    "topologyKey": "string",
}
_POD_AFFINITY = {
    "preferredDuringSchedulingIgnoredDuringExecution": [{"podAffinityTerm": _POD_TERM, "weight": "int32"}],
    "requiredDuringSchedulingIgnoredDuringExecution": [_POD_TERM],
}
_NODE_REQUIREMENTS = [{"key": "string", "operator": "string", "values": ["string"]}]
_NODE_TERM = {"matchExpressions": _NODE_REQUIREMENTS, "matchFields": _NODE_REQUIREMENTS}
_ITEMS = [{"key": "string", "mode": "int32", "path": "string"}]
_DOWNWARD = [
    {"fieldRef": "pod-field", "mode": "int32", "path": "string", "resourceFieldRef": "resource-field"},
]
_VOLUME = {"fsType": "string", "readOnly": "boolean"}
_TARGET = {"type": "string", "averageUtilization": "int32", "averageValue": "quantity", "value": "quantity"}
_METRIC = {"name": "string", "selector": "label-selector"}

KUBERNETES: dict[str, Any] = {
    "metadata": {
        "annotations": _PAIRS,
        "creationTimestamp": "time",
        "deletionGracePeriodSeconds": "integer",
        "deletionTimestamp": "time",
        "finalizers": ["string"],
        "generateName": "string",
        "generation": "integer",
        "labels": _PAIRS,
        "managedFields": [
            {
                "apiVersion": "string",
                "fieldsType": "string",
                "fieldsV1": "any",
                "manager": "string",
                "operation": "string",
                "subresource": "string",
                "time": "time",
            }
        ],
        "name": "string",
        "namespace": "string",
        "ownerReferences": [
            {
                "apiVersion": "string",
                "blockOwnerDeletion": "boolean",
                "controller": "boolean",
                "kind": "string",
                "name": "string",
                "uid": "string",
            }
        ],
        "resourceVersion": "string",
        "selfLink": "string",
        "uid": "string",
    },
    "label-selector": {
        "matchExpressions": [{"key": "string", "operator": "string", "values": ["string"]}],
        "matchLabels": _PAIRS,
    },
    "resources": {
        "claims": [{"name": "string", "request": "string"}],
        "limits": _QUANTITIES,
        "requests": _QUANTITIES,
    },
    "pod-field": {"apiVersion": "string", "fieldPath": "string"},
    "resource-field": {"containerName": "string", "divisor": "quantity", "resource": "string"},
    "env-variable": {
        "name!": "string",
        "value": "string",
        "valueFrom": {
            "configMapKeyRef": _KEY,
            "fieldRef": "pod-field",
            "fileKeyRef": {"key": "string", "optional": "boolean", "path": "string", "volumeName": "string"},
            "resourceFieldRef": "resource-field",
            "secretKeyRef": _KEY,
        },
    },
    "env-source": {"configMapRef": _REFERENCE, "prefix": "string", "secretRef": _REFERENCE},
    "http-request": _HTTP,
    "probe": {
        "exec": _EXEC,
        "failureThreshold": "int32",
        "grpc": {"port": "int32", "service": "string"},
        "httpGet": _HTTP,
        "initialDelaySeconds": "int32",
        "periodSeconds": "int32",
        "successThreshold": "int32",
        "tcpSocket": _TCP,
        "terminationGracePeriodSeconds": "integer",
        "timeoutSeconds": "int32",
    },
    "container-port": {
        "containerPort!": "port",
        "hostIP": "string",
        "hostPort": "port",
        "name": "string",
        "protocol": "string",
    },
    "volume-mount": {
        "mountPath!": "string",
        "mountPropagation": "string",
        "name!": "string",
        "readOnly": "boolean",
        "recursiveReadOnly": "string",
        "subPath": "string",
        "subPathExpr": "string",
    },
    "container-security": {
        **_SECURITY,
        "allowPrivilegeEscalation": "boolean",
        "capabilities": {"add": ["string"], "drop": ["string"]},
        "privileged": "boolean",
        "procMount": "string",
        "readOnlyRootFilesystem": "boolean",
    },
    "pod-security": {
        **_SECURITY,
        "fsGroup": "integer",
        "fsGroupChangePolicy": "string",
        "seLinuxChangePolicy": "string",
        "supplementalGroups": ["integer"],
        "supplementalGroupsPolicy": "string",
        "sysctls": [{"name": "string", "value": "string"}],
    },
    "container": _CONTAINER,
    "affinity": {
        "nodeAffinity": {
            "preferredDuringSchedulingIgnoredDuringExecution": [{"preference": _NODE_TERM, "weight": "int32"}],
            "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [_NODE_TERM]},
        },
        "podAffinity": _POD_AFFINITY,
        "podAntiAffinity": _POD_AFFINITY,
    },
    "toleration": {
        "effect": "string",
        "key": "string",
        "operator": "string",
        "tolerationSeconds": "integer",
        "value": "string",
    },
    "topology-spread": {
        "labelSelector": "label-selector",
        "matchLabelKeys": ["string"],
        "maxSkew": "int32",
        "minDomains": "int32",
        "nodeAffinityPolicy": "string",
        "nodeTaintsPolicy": "string",
        "topologyKey": "string",
        "whenUnsatisfiable": "string",
    },
    "claim": {
        "accessModes": ["string"],
        "dataSource": _TYPED,
        "dataSourceRef": {**_TYPED, "namespace": "string"},
        "resources": {"limits": _QUANTITIES, "requests": _QUANTITIES},
        "selector": "label-selector",
        "storageClassName": "string",
        "volumeAttributesClassName": "string",
        "volumeMode": "string",
        "volumeName": "string",
    },
    "volume": {
        "name!": "string",
        "awsElasticBlockStore": {**_VOLUME, "partition": "int32", "volumeID": "string"},
        "azureDisk": {
            **_VOLUME,
            "cachingMode": "string",
            "diskName": "string",
            "diskURI": "string",
            "kind": "string",
        },
        "azureFile": {"readOnly": "boolean", "secretName": "string", "shareName": "string"},
        "cephfs": {
            "monitors": ["string"],
            "path": "string",
            "readOnly": "boolean",
            "secretFile": "string",
            "secretRef": _NAMED,
            "user": "string",
        },
        "cinder": {**_VOLUME, "secretRef": _NAMED, "volumeID": "string"},
        "configMap": {"defaultMode": "int32", "items": _ITEMS, "name": "string", "optional": "boolean"},
        "csi": {**_VOLUME, "driver": "string", "nodePublishSecretRef": _NAMED, "volumeAttributes": _PAIRS},
        "downwardAPI": {"defaultMode": "int32", "items": _DOWNWARD},
        "emptyDir": {"medium": "string", "sizeLimit": "quantity"},
        "ephemeral": {"volumeClaimTemplate": {"metadata": "metadata", "spec": "claim"}},
        "fc": {**_VOLUME, "lun": "int32", "targetWWNs": ["string"], "wwids": ["string"]},
        "flexVolume": {**_VOLUME, "driver": "string", "options": _PAIRS, "secretRef": _NAMED},
        "flocker": {"datasetName": "string", "datasetUUID": "string"},
        "gcePersistentDisk": {**_VOLUME, "partition": "int32", "pdName": "string"},
        "gitRepo": {"directory": "string", "repository": "string", "revision": "string"},
        "glusterfs": {"endpoints": "string", "path": "string", "readOnly": "boolean"},
        "hostPath": {"path": "string", "type": "string"},
        "image": {"pullPolicy": "string", "reference": "string"},
        "iscsi": {
            **_VOLUME,
            "chapAuthDiscovery": "boolean",
            "chapAuthSession": "boolean",
            "initiatorName": "string",
            "iqn": "string",
            "iscsiInterface": "string",
            "lun": "int32",
            "portals": ["string"],
            "secretRef": _NAMED,
            "targetPortal": "string",
        },
        "nfs": {"path": "string", "readOnly": "boolean", "server": "string"},
        "persistentVolumeClaim": {"claimName": "string", "readOnly": "boolean"},
        "photonPersistentDisk": {"fsType": "string", "pdID": "string"},
        "portworxVolume": {**_VOLUME, "volumeID": "string"},
        "projected": {
            "defaultMode": "int32",
            "sources": [
                {
                    "clusterTrustBundle": {
                        "labelSelector": "label-selector",
                        "name": "string",
                        "optional": "boolean",
                        "path": "string",
                        "signerName": "string",
                    },
                    "configMap": {"items": _ITEMS, **_REFERENCE},
                    "downwardAPI": {"items": _DOWNWARD},
                    "podCertificate": {
                        "certificateChainPath": "string",
                        "credentialBundlePath": "string",
                        "keyPath": "string",
                        "keyType": "string",
                        "maxExpirationSeconds": "int32",
                        "signerName": "string",
                        "userAnnotations": _PAIRS,
                    },
                    "secret": {"items": _ITEMS, **_REFERENCE},
                    "serviceAccountToken": {"audience": "string", "expirationSeconds": "integer", "path": "string"},
                }
            ],
        },
        "quobyte": {
            "group": "string",
            "readOnly": "boolean",
            "registry": "string",
            "tenant": "string",
            "user": "string",
            "volume": "string",
        },
        "rbd": {
            **_VOLUME,
            "image": "string",
            "keyring": "string",
            "monitors": ["string"],
            "pool": "string",
            "secretRef": _NAMED,
            "user": "string",
        },
        "scaleIO": {
            **_VOLUME,
            "gateway": "string",
            "protectionDomain": "string",
            "secretRef": _NAMED,
            "sslEnabled": "boolean",
            "storageMode": "string",
            "storagePool": "string",
            "system": "string",
            "volumeName": "string",
        },
        "secret": {"defaultMode": "int32", "items": _ITEMS, "optional": "boolean", "secretName": "string"},
        "storageos": {**_VOLUME, "secretRef": _NAMED, "volumeName": "string", "volumeNamespace": "string"},
        "vsphereVolume": {
            "fsType": "string",
            "storagePolicyID": "string",
            "storagePolicyName": "string",
            "volumePath": "string",
        },
    },
    "pod": {
        "activeDeadlineSeconds": "integer",
        "affinity": "affinity",
        "automountServiceAccountToken": "boolean",
        "containers": ["container"],
        "dnsConfig": {
            "nameservers": ["string"],
            "options": [{"name": "string", "value": "string"}],
            "searches": ["string"],
        },
        "dnsPolicy": "string",
        "enableServiceLinks": "boolean",
        "ephemeralContainers": [{**_CONTAINER, "targetContainerName": "string"}],
        "hostAliases": [{"hostnames": ["string"], "ip": "string"}],
        "hostIPC": "boolean",
        "hostNetwork": "boolean",
        "hostPID": "boolean",
        "hostUsers": "boolean",
        "hostname": "string",
        "hostnameOverride": "string",
        "imagePullSecrets": [_NAMED],
        "initContainers": ["container"],
        "nodeName": "string",
        "nodeSelector": _PAIRS,
        "os": _NAMED,
        "overhead": _QUANTITIES,
        "preemptionPolicy": "string",
        "priority": "int32",
        "priorityClassName": "string",
        "readinessGates": [{"conditionType": "string"}],
        "resourceClaims": [
            {"name": "string", "resourceClaimName": "string", "resourceClaimTemplateName": "string"},
        ],
        "resources": "resources",
        "restartPolicy": "string",
        "runtimeClassName": "string",
        "schedulerName": "string",
        "schedulingGates": [_NAMED],
        "schedulingGroup": {"podGroupName": "string"},
        "securityContext": "pod-security",
        "serviceAccount": "string",
        "serviceAccountName": "string",
        "setHostnameAsFQDN": "boolean",
        "shareProcessNamespace": "boolean",
        "subdomain": "string",
        "terminationGracePeriodSeconds": "integer",
        "tolerations": ["toleration"],
        "topologySpreadConstraints": ["topology-spread"],
        "volumes": ["volume"],
    },
    "pod-template": {"metadata": "metadata", "spec": "pod"},
    "container-state": {
        "running": {"startedAt": "time"},
        "terminated": {
            "containerID": "string",
            "exitCode": "int32",
            "finishedAt": "time",
            "message": "string",
            "reason": "string",
            "signal": "int32",
            "startedAt": "time",
        },
        "waiting": {"message": "string", "reason": "string"},
    },
    "autoscaling-metric": {
        "type!": "string",
        "containerResource": {"container": "string", "name": "string", "target": _TARGET},
        "external": {"metric": _METRIC, "target": _TARGET},
        "object": {
            "describedObject": {"apiVersion": "string", "kind": "string", "name": "string"},
            "metric": _METRIC,
            "target": _TARGET,
        },
        "pods": {"metric": _METRIC, "target": _TARGET},
        "resource": {"name": "string", "target": _TARGET},
    },
}
"""By name: what `shapes.openapi` takes, for whatever is embedded."""
