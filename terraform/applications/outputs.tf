output "model_uuid" {
  description = "The model's UUID."
  value       = local.model_uuid
}

output "applications" {
  description = "The names of all applications."
  value       = sort([for application in juju_application.this : application.name])

  precondition {
    condition     = length(setsubtract(var.overlays, keys(local.tables.overlays))) == 0
    error_message = <<-EOT
      overlays names what is none: ${join(", ", setsubtract(var.overlays, keys(local.tables.overlays)))}.
      There are ${join(", ", keys(local.tables.overlays))}.
    EOT
  }
  precondition {
    condition     = length(setsubtract(keys(var.applications), local.names)) == 0
    error_message = <<-EOT
      applications names what is not deployed: ${join(", ", setsubtract(keys(var.applications), local.names))}.
      With these overlays ${var.bundle} has ${join(", ", local.names)}.
    EOT
  }
}

output "relations" {
  description = "All relations, as two APPLICATION:ENDPOINT each."
  value       = sort(keys(juju_integration.this))
}
