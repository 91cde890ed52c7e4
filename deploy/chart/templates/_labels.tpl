{{/* Labels that select a component's pods; the argument is its name. */}}
{{- define "millrace.selector" -}}
app.kubernetes.io/part-of: millrace
app.kubernetes.io/component: {{ . }}
{{- end }}
