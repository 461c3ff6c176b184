# Written from bundles/description.yaml and terraform/applications: change it there.

module "applications" {
  source = "../applications"

  bundle        = "kubeflow-lite"
  model         = var.model
  overlays      = var.overlays
  channel       = var.channel
  public_url    = var.public_url
  database_size = var.database_size
  objects_size  = var.objects_size
  applications  = var.applications
  secrets       = var.secrets
  secret_values = var.secret_values
}
