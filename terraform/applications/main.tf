# What a bundle with overlays comes to: its applications, and every relation whose two ends are there. The tables are
# written from bundles/description.yaml.

locals {
  tables   = jsondecode(file("${path.module}/tables.json"))
  bundle   = local.tables.bundles[var.bundle]
  overlays = [for name in sort(var.overlays) : local.tables.overlays[name] if can(local.tables.overlays[name])]

  names = setsubtract(
    toset(concat(local.bundle.applications, flatten(local.overlays[*].add))),
    toset(flatten(local.overlays[*].remove)),
  )

  # What overlays say of each application, one after the other.
  changes = {
    for name in local.names : name => merge([for overlay in local.overlays : lookup(overlay.change, name, {})]...)
  }
  changed_options = {
    for name in local.names : name => merge(
      [for overlay in local.overlays : lookup(lookup(overlay.change, name, {}), "options", {})]...
    )
  }

  own = { for name in local.names : name => lookup(var.applications, name, null) }
  urls = {
    for name in setintersection(local.names, ["dex-auth", "oidc-gatekeeper"]) :
    name => var.public_url == "" ? {} : { public-url = var.public_url }
  }
  sizes = {
    mysql     = var.database_size == "" ? {} : { database = var.database_size }
    seaweedfs = var.objects_size == "" ? {} : { seaweedfs-data = var.objects_size }
  }

  applications = {
    for name in local.names : name => merge(local.tables.applications[name], local.changes[name], {
      config = merge(
        lookup(local.tables.applications[name], "options", {}),
        lookup(local.bundle.options, name, {}),
        local.changed_options[name],
        lookup(local.urls, name, {}),
        try(local.own[name].config, {}),
      )
      storage = merge(lookup(local.sizes, name, {}), try(local.own[name].storage, {}))
    })
  }

  model_uuid = var.model.uuid != null ? var.model.uuid : juju_model.this[0].uuid
}

resource "juju_model" "this" {
  count       = var.model.uuid == null ? 1 : 0
  name        = var.model.name
  credential  = var.model.credential
  config      = var.model.config
  constraints = var.model.constraints

  dynamic "cloud" {
    for_each = var.model.cloud == null ? [] : [var.model.cloud]
    content {
      name = cloud.value
    }
  }
}

resource "juju_application" "this" {
  for_each = local.applications

  model_uuid  = local.model_uuid
  name        = each.key
  trust       = each.value.trust
  units       = coalesce(try(local.own[each.key].units, null), each.value.scale)
  constraints = try(coalesce(try(local.own[each.key].constraints, null), lookup(each.value, "constraints", null)), null)
  resources   = try(local.own[each.key].resources, {})
  config = merge(each.value.config, {
    for key, secret in juju_secret.this : split("/", key)[1] => secret.secret_uri if split("/", key)[0] == each.key
  })
  storage_directives = each.value.storage

  charm {
    name     = each.value.charm
    revision = try(local.own[each.key].revision, null)
    channel = coalesce(
      try(local.own[each.key].channel, null),
      contains(local.tables.charms, each.value.charm) && var.channel != "" ? var.channel : each.value.channel,
    )
  }

  lifecycle {
    # The provider replaces an application for these, and its volumes go with it: they count when it is made.
    ignore_changes = [constraints, storage_directives]

    precondition {
      condition = length(setsubtract(
        keys(each.value.config), lookup(local.tables.options, each.value.charm, keys(each.value.config)),
      )) == 0
      error_message = "applications gives ${each.key} an option that its charm does not have."
    }
    precondition {
      condition = length(setintersection(
        keys(try(local.own[each.key].config, {})), lookup(local.tables.passwords, each.value.charm, []),
      )) == 0
      error_message = "applications gives ${each.key} a password or key as text: say it in secrets, as docs/terraform.md tells."
    }
  }
}

resource "juju_integration" "this" {
  for_each = {
    for pair in local.tables.relations : "${pair[0]} ${pair[1]}" => [for end in pair : split(":", end)]
    if length(setsubtract([for end in pair : split(":", end)[0]], local.names)) == 0
  }

  model_uuid = local.model_uuid

  application {
    name     = juju_application.this[each.value[0][0]].name
    endpoint = each.value[0][1]
  }
  application {
    name     = juju_application.this[each.value[1][0]].name
    endpoint = each.value[1][1]
  }
}

resource "juju_secret" "this" {
  for_each = var.secrets

  model_uuid       = local.model_uuid
  name             = replace(each.key, "/", "-")
  info             = "The option ${split("/", each.key)[1]} of ${split("/", each.key)[0]}."
  value_wo         = var.secret_values[each.key]
  value_wo_version = each.value

  lifecycle {
    precondition {
      condition     = can(regex("^[a-z0-9-]+/[a-z0-9-]+$", each.key))
      error_message = "secrets names ${each.key}, which is not APPLICATION/OPTION."
    }
    precondition {
      condition = try(contains(
        local.tables.secrets[local.applications[split("/", each.key)[0]].charm], split("/", each.key)[1],
      ), false)
      error_message = "secrets names ${each.key}, and no such application with such an option of type secret is there."
    }
  }
}

resource "juju_access_secret" "this" {
  for_each = var.secrets

  model_uuid   = local.model_uuid
  secret_id    = juju_secret.this[each.key].secret_id
  applications = [juju_application.this[split("/", each.key)[0]].name]
}
