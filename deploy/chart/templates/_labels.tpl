{{/* A component's pods are found by these; the argument is its name. */}}
{{- define "millrace.selector" -}}
app.kubernetes.io/part-of: millrace
app.kubernetes.io/component: {{ . }}
{{- end }}
