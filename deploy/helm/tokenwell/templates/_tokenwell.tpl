{{/*
For an app's chart, with this chart among its dependencies and `tokenwell.mode` in its values:

      initContainers:
        {{- include "tokenwell.sidecar" .Subcharts.tokenwell | nindent 8 }}
      volumes:
        {{- include "tokenwell.volumes" .Subcharts.tokenwell | nindent 8 }}

Mode `classic` belongs under `containers:`, before the app. The pod needs `tokenwell.podSecurityContext` (an fsGroup) and the label
`tokenwell.podLabels`, and the app mounts the volume `tokenwell-tokens`.
*/}}

{{- define "tokenwell.sidecar" -}}
{{- if eq .Values.mode "service" }}{{ fail "tokenwell.sidecar needs `mode: sidecar`, `once` or `classic` in the values of tokenwell" }}{{ end -}}
- {{ include "tokenwell.container" . | nindent 2 | trim }}
{{- end }}

{{- define "tokenwell.container" -}}
name: tokenwell
image: {{ include "tokenwell.image" . }}
{{- with .Values.image.pullPolicy }}
imagePullPolicy: {{ . }}
{{- end }}
{{- if eq .Values.mode "once" }}
args: [once, --timeout, {{ .Values.timeout }}]
{{- else }}
args: [run]
{{- if eq .Values.mode "sidecar" }}
restartPolicy: Always
{{- end }}
ports:
  - name: tokenwell
    containerPort: 9465
{{- if eq .Values.mode "sidecar" }}
startupProbe:
  exec:
    command: [/tokenwell, wait, --timeout, 8s]
  timeoutSeconds: 10
  periodSeconds: 10
  failureThreshold: 360
{{- else if eq .Values.mode "classic" }}
lifecycle:
  postStart:
    exec:
      command: [/tokenwell, wait, --timeout, {{ .Values.timeout }}]
{{- end }}
readinessProbe:
  httpGet: {path: /readyz, port: tokenwell}
  periodSeconds: 10
livenessProbe:
  httpGet: {path: /livez, port: tokenwell}
  periodSeconds: 10
{{- end }}
resources:
  {{- toYaml .Values.resources | nindent 2 }}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  readOnlyRootFilesystem: true
  allowPrivilegeEscalation: false
  capabilities: {drop: [ALL]}
  seccompProfile: {type: RuntimeDefault}
volumeMounts:
  - {name: tokenwell-config, mountPath: /etc/tokenwell, readOnly: true}
  - {name: tokenwell-keys, mountPath: /var/run/secrets/descope, readOnly: true}
  - {name: tokenwell-state, mountPath: /var/lib/tokenwell}
  - {name: tokenwell-tokens, mountPath: /run/tokenwell}
{{- end }}

{{- define "tokenwell.volumes" -}}
- name: tokenwell-config
  configMap:
    name: {{ include "tokenwell.configMap" . }}
- name: tokenwell-keys
  secret:
    secretName: {{ .Values.keys.secretName }}
    defaultMode: 0440
- name: tokenwell-state
  emptyDir:
    sizeLimit: 16Mi
- name: tokenwell-tokens
{{- if eq .Values.mode "service" }}
  persistentVolumeClaim:
    claimName: {{ include "tokenwell.claim" . }}
{{- else }}
  emptyDir:
    medium: Memory
    sizeLimit: 8Mi
{{- end }}
{{- end }}

{{- define "tokenwell.podSecurityContext" -}}
fsGroup: {{ .Values.fsGroup }}
fsGroupChangePolicy: OnRootMismatch
{{- end }}

{{- define "tokenwell.podLabels" -}}
tokenwell: {{ .Values.mode }}
{{- end }}

{{- define "tokenwell.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end }}

{{/* A name for each release: `tokenwell` if the release has that name, else RELEASE-tokenwell. */}}
{{- define "tokenwell.name" -}}
{{- if contains "tokenwell" .Release.Name }}{{ .Release.Name }}{{ else }}{{ printf "%s-tokenwell" .Release.Name }}{{ end -}}
{{- end }}

{{- define "tokenwell.configMap" -}}
{{ include "tokenwell.name" . }}
{{- end }}

{{- define "tokenwell.claim" -}}
{{ .Values.persistence.existingClaim | default (printf "%s-tokens" (include "tokenwell.name" .)) }}
{{- end }}

{{- define "tokenwell.labels" -}}
app.kubernetes.io/name: tokenwell
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}
