# Written from bundles/description.yaml and terraform/applications: change it there.

output "model_uuid" {
  description = "The model's UUID."
  value       = module.applications.model_uuid
}

output "applications" {
  description = "The names of all applications."
  value       = module.applications.applications
}

output "relations" {
  description = "All relations, as two APPLICATION:ENDPOINT each."
  value       = module.applications.relations
}
