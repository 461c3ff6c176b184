variable "bundle" {
  description = "The bundle whose applications are deployed."
  type        = string
}

variable "model" {
  description = <<-EOT
    The Juju model: made with this name, configuration and constraints, or, with a uuid, one that is there already.
    A model whose charms come from a store of your own says so in its configuration: charmhub-url.
  EOT
  type = object({
    name        = optional(string, "kubeflow")
    uuid        = optional(string)
    cloud       = optional(string)
    credential  = optional(string)
    config      = optional(map(string), {})
    constraints = optional(string)
  })
  default = {}
}

variable "overlays" {
  description = "Pieces that change the bundle, by the names of bundles/overlays, such as [\"cos\", \"tls\"]."
  type        = set(string)
  default     = []

  validation {
    condition     = length(setintersection(var.overlays, ["external-s3", "minio"])) < 2
    error_message = "external-s3 and minio both take the place of seaweedfs: choose one."
  }
}

variable "channel" {
  description = "The channel of all charms of this repository; empty for the one that the bundle names."
  type        = string
  default     = ""
}

variable "public_url" {
  description = "Where users find it, such as https://kubeflow.example.com; empty for the gateway's own address."
  type        = string
  default     = ""

  validation {
    condition     = var.public_url == "" || can(regex("^https?://[^/]+$", var.public_url))
    error_message = "It has to be http:// or https:// and a name, without a path."
  }
}

variable "database_size" {
  description = "The size of the database's volume, which cannot be changed later; empty for the charm's own."
  type        = string
  default     = ""

  validation {
    condition     = var.database_size == "" || can(regex("^[0-9]+[MGT]$", var.database_size))
    error_message = "It has to be a number and M, G or T, such as 20G."
  }
}

variable "objects_size" {
  description = "The size of the object store's volume, which cannot be changed later; empty for the charm's own."
  type        = string
  default     = ""

  validation {
    condition     = var.objects_size == "" || can(regex("^[0-9]+[MGT]$", var.objects_size))
    error_message = "It has to be a number and M, G or T, such as 200G."
  }
}

variable "applications" {
  description = <<-EOT
    What single applications are told beyond that: options, units, the revision, images of a registry of your own
    (resources), what Kubernetes is asked for (constraints), and volumes (storage).
  EOT
  type = map(object({
    channel     = optional(string)
    revision    = optional(number)
    units       = optional(number)
    constraints = optional(string)
    config      = optional(map(string), {})
    resources   = optional(map(string), {})
    storage     = optional(map(string), {})
  }))
  default = {}
}

variable "secrets" {
  description = <<-EOT
    Options whose value is a Juju secret, as APPLICATION/OPTION, each with a number that is raised when its content in
    secret_values changes: {"dex-auth/static-credentials-secret" = 1}. Each becomes a secret that this application alone may read.
  EOT
  type        = map(number)
  default     = {}
}

variable "secret_values" {
  description = <<-EOT
    The content of each of them, by the same names: {"dex-auth/static-credentials-secret" = {username = "...", password = "..."}}.
    It is in no plan and no state.
  EOT
  type        = map(map(string))
  default     = {}
  ephemeral   = true
  sensitive   = true
}
