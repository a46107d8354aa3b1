# An app and tokenwell as its sidecar, by the Docker driver. Tokenwell runs before the app and beside it; the app starts as soon as the task
# `tokens` has found the token, because Nomad starts main tasks after its prestart tasks.
#
#     nomad var put nomad/jobs/app access_key=@your.key project_id=P2...
#     nomad job run tokenwell.nomad.hcl
job "app" {
  type = "service"

  group "app" {
    # A sidecar that keeps the tokens fresh.
    task "tokenwell" {
      lifecycle {
        hook    = "prestart"
        sidecar = true
      }

      driver = "docker"
      user   = "65532:65532"

      config {
        image           = "tokenwell:0.1.0"
        args            = ["run", "--config", "/local/tokenwell.yaml"]
        readonly_rootfs = true
        cap_drop        = ["all"]
        security_opt    = ["no-new-privileges"]
      }

      # secrets/ is in memory, and only this task has it. A changed key is used without a restart.
      template {
        destination = "secrets/billing"
        data        = "{{ with nomadVar \"nomad/jobs/app\" }}{{ .access_key }}{{ end }}"
        perms       = "0400"
        uid         = 65532
        gid         = 65532
        change_mode = "noop"
      }

      # alloc/ is what the tasks of a group share.
      template {
        destination = "local/tokenwell.yaml"
        change_mode = "noop"
        data        = <<-YAML
          projectId: {{ with nomadVar "nomad/jobs/app" }}{{ .project_id }}{{ end }}
          stateDirectory: /alloc/data/tokenwell
          credentials:
            - name: billing
              accessKeyFile: /secrets/billing
              outputs: [{path: /alloc/data/tokens/billing.jwt, mode: "0640"}]
          YAML
      }

      resources {
        cpu    = 50
        memory = 32
      }
    }

    # Ends when the tokens are there. It reads the status of the sidecar in alloc/, and needs no key.
    task "tokens" {
      lifecycle {
        hook    = "prestart"
        sidecar = false
      }

      driver = "docker"
      user   = "65532:65532"

      config {
        image = "tokenwell:0.1.0"
        args  = ["wait", "--config", "/local/tokenwell.yaml", "--timeout", "5m"]
      }

      template {
        destination = "local/tokenwell.yaml"
        change_mode = "noop"
        data        = <<-YAML
          projectId: {{ with nomadVar "nomad/jobs/app" }}{{ .project_id }}{{ end }}
          stateDirectory: /alloc/data/tokenwell
          credentials:
            - name: billing
              accessKeyFile: /secrets/billing
              outputs: [{path: /alloc/data/tokens/billing.jwt, mode: "0640"}]
          YAML
      }

      resources {
        cpu    = 50
        memory = 16
      }
    }

    task "app" {
      driver = "docker"
      # Any user; the group makes it a reader.
      user = "1000:65532"

      config {
        image   = "your-app"
        command = "sh"
        args    = ["-c", "while sleep 60; do wc -c </alloc/data/tokens/billing.jwt; done"]
      }

      resources {
        cpu    = 100
        memory = 64
      }
    }
  }
}
