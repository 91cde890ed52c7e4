{{- define "millrace.egress" -}}
- ports:
    - {port: 53, protocol: UDP}
    - {port: 53, protocol: TCP}
- ports:
    - port: {{ .Values.datasource.port }}
- ports:
    {{- range .Values.networkPolicy.apiPorts }}
    - port: {{ . }}
    {{- end }}
{{- end }}
