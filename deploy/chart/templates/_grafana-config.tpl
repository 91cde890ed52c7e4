{{- define "millrace.grafanaConfig" -}}
datasources.yaml: |
  apiVersion: 1
  datasources:
    - name: Prometheus
      uid: prometheus
      type: prometheus
      url: http://prometheus:9090
      isDefault: true
dashboards.yaml: |
  apiVersion: 1
  providers:
    - name: Millrace
      folder: Millrace
      type: file
      options:
        path: /etc/grafana/dashboards
{{- end }}
