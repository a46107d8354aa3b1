{{/*
The rules of files/alerts.yaml, limited to the scrape job that the Prometheus operator makes of this release's PodMonitor. So a second
release brings no second alert of the same pod. `tokenwell:scoped_alerts` tells the unlimited rules, if somebody loads them too, that
this job has alerts of its own.
*/}}
{{- define "tokenwell.alerts" -}}
{{- $job := printf "%s/%s" .Release.Namespace (include "tokenwell.name" .) -}}
- record: tokenwell:scoped_alerts
  expr: vector(1)
  labels:
    job: {{ $job | quote }}
{{- range (.Files.Get "files/alerts.yaml" | fromYaml).groups }}
{{- range .rules }}
{{- $expr := regexReplaceAll "\\s*unless on \\(job\\) tokenwell:scoped_alerts" .expr "" }}
{{- $expr = regexReplaceAll "(tokenwell_[a-z_]+)\\{" $expr (printf "${1}{job=%q, " $job) }}
{{- $expr = regexReplaceAll "(tokenwell_[a-z_]+)([^a-z_{]|$)" $expr (printf "${1}{job=%q}${2}" $job) }}
{{- if eq .alert "TokenwellDown" }}{{ $expr = printf "up{job=%q} == 0" $job }}{{ end }}
- {{ set . "expr" $expr | toYaml | nindent 2 | trim }}
{{- end }}
{{- end }}
{{- end }}
