{{- define "millrace.prometheusConfig" -}}
prometheus.yml: |
  global:
    scrape_interval: 15s
    evaluation_interval: 15s
  rule_files:
    - /etc/prometheus/alerts/*.yaml
  scrape_configs:
    - job_name: millrace-server
      # One address per replica.
      dns_sd_configs:
        - names: [millrace-server-pods.{{ .Release.Namespace }}.svc]
          type: A
          port: 8080
    {{- if .Values.argo.install }}
    - job_name: argo-workflow-controller
      static_configs:
        - targets: [workflow-controller-metrics:9090]
    {{- end }}
    {{- with .Values.monitoring.gpuTargets }}
    - job_name: dcgm-exporter
      static_configs:
        - targets: {{ toJson . }}
    {{- end }}
{{- end }}
