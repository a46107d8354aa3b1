{{/*
For an app's chart, with this chart among its dependencies and `tokenwell.mode` in its values:

      initContainers:
        {{- include "tokenwell.sidecar" .Subcharts.tokenwell | nindent 8 }}
      volumes:
        {{- include "tokenwell.volumes" .Subcharts.tokenwell | nindent 8 }}

Mode `classic` belongs under `containers:`, before the app. The pod needs `tokenwell.podSecurityContext` (an fsGroup) and the labels
`tokenwell.podLabels`, and the app mounts the volume `tokenwell-tokens`.
*/}}

{{- define "tokenwell.sidecar" -}}
{{- if eq (include "tokenwell.mode" .) "service" }}{{ fail "tokenwell.sidecar needs `mode: sidecar`, `once` or `classic` in the values of tokenwell" }}{{ end -}}
- {{ include "tokenwell.container" . | nindent 2 | trim }}
{{- end }}

{{- define "tokenwell.container" -}}
{{- $mode := include "tokenwell.mode" . -}}
{{- $timeout := include "tokenwell.duration" (get .Values "timeout" | default "60s") -}}
name: tokenwell
image: {{ include "tokenwell.image" . | quote }}
{{- with (get (get .Values "image" | default dict) "pullPolicy") }}
imagePullPolicy: {{ . }}
{{- end }}
{{- if eq $mode "once" }}
args: [once, --timeout, {{ $timeout }}]
{{- else }}
args: [run]
{{- if eq $mode "sidecar" }}
restartPolicy: Always
{{- end }}
ports:
  - name: tokenwell
    containerPort: 9465
{{- if eq $mode "sidecar" }}
startupProbe:
  exec:
    command: [/tokenwell, wait, --timeout, 8s]
  timeoutSeconds: 10
  periodSeconds: 1
  failureThreshold: 400
{{- else if eq $mode "classic" }}
lifecycle:
  postStart:
    exec:
      command: [/tokenwell, wait, --timeout, {{ $timeout }}]
{{- end }}
readinessProbe:
  httpGet: {path: /readyz, port: tokenwell}
  periodSeconds: 2
  failureThreshold: 1
livenessProbe:
  httpGet: {path: /livez, port: tokenwell}
  periodSeconds: 10
{{- end }}
env:
  {{- with include "tokenwell.podIdentity" . | trim }}
  {{- . | nindent 2 }}
  {{- end }}
  {{- range get .Values "extraEnv" | default list }}
  - {{ include "tokenwell.variable" . | nindent 4 | trim }}
  {{- end }}
{{- with include "tokenwell.resources" . | trim }}
resources:
  {{- . | nindent 2 }}
{{- end }}
{{- with include "tokenwell.securityContext" . | trim }}
securityContext:
  {{- . | nindent 2 }}
{{- end }}
volumeMounts:
  - {name: tokenwell-config, mountPath: /etc/tokenwell, readOnly: true}
  - {name: tokenwell-keys, mountPath: /var/run/secrets/descope, readOnly: true}
  - {name: tokenwell-state, mountPath: /var/lib/tokenwell}
  - {name: tokenwell-tokens, mountPath: /run/tokenwell}
  {{- if include "tokenwell.caFile" . }}
  - {name: tokenwell-ca, mountPath: /etc/tokenwell-ca, readOnly: true}
  {{- end }}
  {{- range get .Values "extraVolumeMounts" | default list }}
  - {{ include "tokenwell.mount" . | nindent 4 | trim }}
  {{- end }}
{{- end }}

{{- define "tokenwell.volumes" -}}
- name: tokenwell-config
  configMap:
    name: {{ include "tokenwell.configMap" . | quote }}
- name: tokenwell-keys
  secret:
    secretName: {{ include "tokenwell.keys" . | quote }}
    defaultMode: 0440
- name: tokenwell-state
  emptyDir:
    sizeLimit: 16Mi
- name: tokenwell-tokens
{{- if eq (include "tokenwell.mode" .) "service" }}
  persistentVolumeClaim:
    claimName: {{ include "tokenwell.claim" . | quote }}
{{- else }}
  emptyDir:
    medium: Memory
    sizeLimit: 8Mi
{{- end }}
{{- if include "tokenwell.caFile" . }}
- name: tokenwell-ca
  {{- with get (get .Values "caBundle") "configMap" }}
  configMap:
    name: {{ . | quote }}
  {{- else }}
  secret:
    secretName: {{ (get (get .Values "caBundle") "secret") | quote }}
    defaultMode: 0440
  {{- end }}
{{- end }}
{{- with get .Values "extraVolumes" }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "tokenwell.podSecurityContext" -}}
{{- $context := deepCopy (get .Values "podSecurityContext" | default dict) -}}
{{- if not (hasKey $context "fsGroup") }}{{ $_ := set $context "fsGroup" (get .Values "fsGroup") }}{{ end -}}
{{- $context = include "tokenwell.assigned" (dict "context" $context "openshift" (get .Values "openshift")) | fromYaml -}}
{{- toYaml ($context | default (dict "fsGroupChangePolicy" "OnRootMismatch")) }}
{{- end }}

{{/* The labels that select the pods of this release, in the pods of your chart too. */}}
{{- define "tokenwell.selectorLabels" -}}
tokenwell: {{ include "tokenwell.mode" . }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- define "tokenwell.podLabels" -}}
{{ include "tokenwell.selectorLabels" . }}
{{- with include "tokenwell.texts" (omit (get .Values "podLabels" | default dict) "tokenwell" "app.kubernetes.io/instance" "app.kubernetes.io/name") | trim }}
{{ . }}
{{- end }}
{{- end }}

{{- define "tokenwell.podAnnotations" -}}
{{ include "tokenwell.texts" (get .Values "podAnnotations" | default dict) | trim }}
{{- end }}
