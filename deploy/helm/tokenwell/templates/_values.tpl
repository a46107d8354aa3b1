{{/* The values, with a default for each that `null` removed, and as the type that Kubernetes wants. */}}

{{- define "tokenwell.mode" -}}
{{ get .Values "mode" | default "service" }}
{{- end }}

{{- define "tokenwell.image" -}}
{{- $image := get .Values "image" | default dict -}}
{{- $repository := get $image "repository" | default "tokenwell" -}}
{{- if get $image "digest" -}}
{{ $repository }}@{{ get $image "digest" }}
{{- else -}}
{{ $repository }}:{{ include "tokenwell.text" (get $image "tag") | default .Chart.AppVersion }}
{{- end -}}
{{- end }}

{{- define "tokenwell.keys" -}}
{{ include "tokenwell.text" (get (get .Values "keys" | default dict) "secretName") | default "descope-access-keys" }}
{{- end }}

{{/* RELEASE-tokenwell, or RELEASE if that contains `tokenwell`. */}}
{{- define "tokenwell.name" -}}
{{- $name := include "tokenwell.text" (get .Values "nameOverride") | default "tokenwell" -}}
{{- $own := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- include "tokenwell.text" (get .Values "fullnameOverride") | default $own | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{- define "tokenwell.configMap" -}}
{{ include "tokenwell.name" . }}
{{- end }}

{{- define "tokenwell.claim" -}}
{{ include "tokenwell.text" (get (get .Values "persistence" | default dict) "existingClaim") | default (printf "%s-tokens" (include "tokenwell.name" .)) }}
{{- end }}

{{/* As text, such as `ReadWriteOnce,ReadWriteMany`. */}}
{{- define "tokenwell.accessModes" -}}
{{ get (get .Values "persistence" | default dict) "accessModes" | default (list "ReadWriteOnce") | join "," }}
{{- end }}

{{/* The label of the pods that read the volume. */}}
{{- define "tokenwell.readerLabels" -}}
tokenwell-reader: {{ include "tokenwell.name" . | quote }}
{{- end }}

{{/* The group of the tokens, which a reader of the volume needs. */}}
{{- define "tokenwell.readerGroup" -}}
{{ include "tokenwell.text" (get (include "tokenwell.podSecurityContext" . | fromYaml) "fsGroup") }}
{{- end }}

{{/* Your affinity. By default, for a volume that one node mounts, a preference for the node of its readers. */}}
{{- define "tokenwell.affinity" -}}
{{- if get .Values "affinity" -}}
{{- toYaml (get .Values "affinity") }}
{{- else if eq (include "tokenwell.accessModes" .) "ReadWriteOnce" -}}
podAffinity:
  preferredDuringSchedulingIgnoredDuringExecution:
    - weight: 100
      podAffinityTerm:
        topologyKey: kubernetes.io/hostname
        labelSelector:
          matchLabels:
            {{- include "tokenwell.readerLabels" . | nindent 12 }}
{{- end }}
{{- end }}

{{/* Where the private CA is mounted, or nothing. */}}
{{- define "tokenwell.caFile" -}}
{{- with get .Values "caBundle" -}}
{{- $configMap := get . "configMap" -}}
{{- $secret := get . "secret" -}}
{{- if and $configMap $secret }}{{ fail "caBundle names a configMap and a secret: keep one of them" }}{{ end -}}
{{- if or $configMap $secret }}/etc/tokenwell-ca/{{ include "tokenwell.text" (get . "key") | default "ca.crt" }}{{ end -}}
{{- end -}}
{{- end }}

{{- define "tokenwell.configuration" -}}
{{- $configuration := deepCopy (get .Values "config" | default dict) -}}
{{- if not $configuration -}}
{{- $output := dict "path" "/run/tokenwell/{name}.jwt" "mode" "0640" -}}
{{- $directory := dict "accessKeyDirectory" "/var/run/secrets/descope" "outputs" (list $output) -}}
{{- $keys := get .Values "keys" | default dict -}}
{{- range $field := list "include" "exclude" -}}
{{- $patterns := list }}{{ range get $keys $field | default list }}{{ $patterns = append $patterns (include "tokenwell.text" .) }}{{ end -}}
{{- with $patterns }}{{ $_ := set $directory $field . }}{{ end -}}
{{- end -}}
{{- with include "tokenwell.texts" (get $keys "rename" | default dict) | fromYaml }}{{ $_ := set $directory "rename" . }}{{ end -}}
{{- $configuration = dict "stateDirectory" "/var/lib/tokenwell" "credentialsFrom" (list $directory) -}}
{{- $_ := set $configuration "status" (dict "listen" ((get (get .Values "status" | default dict) "listen") | default "0.0.0.0:9465")) -}}
{{- $_ := set $configuration "log" (dict "format" "json") -}}
{{- end -}}
{{- $projectId := get $configuration "projectId" | default (include "tokenwell.text" (get .Values "projectId")) -}}
{{- if $projectId }}{{ $_ := set $configuration "projectId" $projectId }}
{{- else -}}
{{- if not (has "DESCOPE_PROJECT_ID" (include "tokenwell.variableNames" . | fromYamlArray)) }}{{ fail "projectId is empty: set it to the id of your Descope project" }}{{ end -}}
{{- end -}}
{{- with include "tokenwell.caFile" . -}}
{{- $_ := set $configuration "http" (mergeOverwrite (dict "caFile" .) (get $configuration "http" | default dict)) -}}
{{- end -}}
{{- toYaml $configuration }}
{{- end }}

{{/* A security context without fields that are null and, under OpenShift, without the users and groups that the chart sets. */}}
{{- define "tokenwell.assigned" -}}
{{- $kept := dict -}}
{{- range $field, $value := .context -}}
{{- $text := include "tokenwell.text" $value -}}
{{- if kindIs "invalid" $value -}}
{{- else if has $field (list "runAsUser" "runAsGroup" "fsGroup") -}}
{{- if and $text (not (and (eq $text "65532") (eq (include "tokenwell.text" $.openshift) "true"))) }}{{ $_ := set $kept $field (int64 $text) }}{{ end -}}
{{- else if has $field (list "runAsNonRoot" "readOnlyRootFilesystem" "allowPrivilegeEscalation" "privileged") -}}
{{- $_ := set $kept $field (eq $text "true") -}}
{{- else if eq $field "supplementalGroups" -}}
{{- $groups := list }}{{ range $value }}{{ $groups = append $groups (int64 (include "tokenwell.text" .)) }}{{ end -}}
{{- $_ := set $kept $field $groups -}}
{{- else }}{{ $_ := set $kept $field $value }}
{{- end -}}
{{- end -}}
{{- toYaml $kept }}
{{- end }}

{{- define "tokenwell.securityContext" -}}
{{- $context := include "tokenwell.assigned" (dict "context" (get .Values "securityContext" | default dict) "openshift" (get .Values "openshift")) | fromYaml -}}
{{- with $context }}{{ toYaml . }}{{ end }}
{{- end }}

{{- define "tokenwell.mount" -}}
{{- $mount := deepCopy . -}}
{{- if hasKey . "readOnly" }}{{ $_ := set $mount "readOnly" (eq (include "tokenwell.text" .readOnly) "true") }}{{ end -}}
{{- toYaml $mount }}
{{- end }}

{{- define "tokenwell.resources" -}}
{{- $kept := dict -}}
{{- range $kind, $amounts := get .Values "resources" | default dict -}}
{{- if eq $kind "claims" }}{{ with $amounts }}{{ $_ := set $kept $kind . }}{{ end }}
{{- else }}{{ with include "tokenwell.texts" ($amounts | default dict) | trim }}{{ $_ := set $kept $kind (fromYaml .) }}{{ end }}
{{- end -}}
{{- end -}}
{{- with $kept }}{{ toYaml . }}{{ end }}
{{- end }}

{{/* A variable whose value is a string, whatever YAML made of it. */}}
{{- define "tokenwell.variable" -}}
{{- $variable := deepCopy . -}}
{{- if hasKey . "value" }}{{ $_ := set $variable "value" (include "tokenwell.text" .value) }}{{ end -}}
{{- toYaml $variable }}
{{- end }}

{{- define "tokenwell.variableNames" -}}
{{- $names := list }}{{ range get .Values "extraEnv" | default list }}{{ $names = append $names .name }}{{ end -}}
{{- toYaml $names }}
{{- end }}

{{/* The pod's name and namespace, which the status page shows; `extraEnv` may set them instead. */}}
{{- define "tokenwell.podIdentity" -}}
{{- $own := include "tokenwell.variableNames" . | fromYamlArray -}}
{{- range $name, $field := dict "POD_NAME" "metadata.name" "POD_NAMESPACE" "metadata.namespace" -}}
{{- if not (has $name $own) }}
- name: {{ $name }}
  valueFrom: {fieldRef: {fieldPath: {{ $field }}}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* A toleration: all strings but the seconds. */}}
{{- define "tokenwell.toleration" -}}
{{- $toleration := include "tokenwell.texts" . | fromYaml -}}
{{- with get $toleration "tolerationSeconds" }}{{ $_ := set $toleration "tolerationSeconds" (int64 .) }}{{ end -}}
{{- toYaml $toleration }}
{{- end }}

{{/* A map whose values are strings; an entry that is null is left out. */}}
{{- define "tokenwell.texts" -}}
{{- range $name, $value := . }}
{{- if not (kindIs "invalid" $value) }}
{{ $name | quote }}: {{ include "tokenwell.text" $value | quote }}
{{- end }}
{{- end }}
{{- end }}

{{/* A number without the exponent that templates print from a million on. */}}
{{- define "tokenwell.text" -}}
{{- if kindIs "string" . }}{{ . }}{{ else if not (kindIs "invalid" .) }}{{ toJson . }}{{ end -}}
{{- end }}

{{/* A number alone is seconds. */}}
{{- define "tokenwell.duration" -}}
{{- $text := include "tokenwell.text" . -}}
{{- $text }}{{ if regexMatch "^[0-9]+$" $text }}s{{ end -}}
{{- end }}

{{- define "tokenwell.labels" -}}
app.kubernetes.io/name: tokenwell
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | quote }}
{{- end }}
