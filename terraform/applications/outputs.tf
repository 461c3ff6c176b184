output "model_uuid" {
  description = "The model's UUID."
  value       = local.model_uuid
}

output "applications" {
  description = "The names of all applications."
  value       = sort([for application in juju_application.this : application.name])
}

output "relations" {
  description = "All relations, as two APPLICATION:ENDPOINT each."
  value       = sort(keys(juju_integration.this))
}
