{{/* Where the ledger is, and its keys: arguments of both programs. */}}
{{- define "soc2gate.ledgerArguments" -}}
{{- if eq .Values.ledger.mode "embedded" }}
- --ledger=/var/lib/soc2gate/ledger
{{- else }}
- --ledger=$(SOC2GATE_LEDGER)
{{- end }}
- --ledger-keys=/etc/soc2gate/ledger-keys/keys
{{- end }}

{{/* Every argument of soc2gate-webhook. */}}
{{- define "soc2gate.arguments" -}}
- run
- --listen=0.0.0.0:8443
- --probes=0.0.0.0:8080
{{- if eq .Values.certificate.mode "selfManaged" }}
- --in-cluster
- --namespace={{ .Release.Namespace }}
- --service={{ include "soc2gate.fullname" . }}
- --webhook-configuration={{ include "soc2gate.fullname" . }}
- --stored-certificate={{ include "soc2gate.certificateSecret" . }}
{{- with .Values.certificate.selfManaged }}
- --certificate-lifetime={{ .lifetime }}
- --ca-lifetime={{ .caLifetime }}
- --ca-overlap={{ .overlap }}
{{- end }}
{{- else }}
- --certificate=/etc/soc2gate/tls/tls.crt
- --key=/etc/soc2gate/tls/tls.key
{{- end }}
- --config=/etc/soc2gate/config/soc2gate.yaml
{{- if .Values.policies }}
- --policies=/etc/soc2gate/policies
{{- end }}
{{- if eq .Values.ledger.mode "none" }}
- --no-ledger
{{- else }}
{{ include "soc2gate.ledgerArguments" . | trim }}
{{- end }}
- --on-ledger-failure={{ .Values.ledger.onFailure }}
- --on-failure={{ .Values.onFailure }}
- --max-in-flight={{ .Values.maxInFlight }}
{{- with .Values.threads }}
- --threads={{ . }}
{{- end }}
- --reload-interval={{ .Values.reloadInterval }}
- --drain-delay={{ .Values.drain.delaySeconds }}s
- --drain-timeout={{ .Values.drain.timeoutSeconds }}s
- --log-level={{ .Values.logLevel }}
{{- end }}

{{/* The variables that name the database. */}}
{{- define "soc2gate.environment" -}}
{{- if eq .Values.ledger.mode "postgresql" }}
{{- with .Values.ledger.postgresql }}
- name: SOC2GATE_LEDGER
  valueFrom:
    secretKeyRef:
      name: {{ .urlSecret.name }}
      key: {{ .urlSecret.key }}
{{- if .passwordSecret.name }}
- name: PGPASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ .passwordSecret.name }}
      key: {{ .passwordSecret.key }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* What both containers see of the ledger. */}}
{{- define "soc2gate.ledgerMounts" -}}
- name: ledger-keys
  mountPath: /etc/soc2gate/ledger-keys
  readOnly: true
{{- if eq .Values.ledger.mode "embedded" }}
- name: ledger
  mountPath: /var/lib/soc2gate
{{- else if .Values.ledger.postgresql.caSecret.name }}
- name: postgresql-ca
  mountPath: /etc/soc2gate/postgresql
  readOnly: true
{{- end }}
{{- end }}
