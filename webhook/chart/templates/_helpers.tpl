{{/* Name of the chart. */}}
{{- define "soc2gate.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* Name of objects. Room is left for what is added to it. */}}
{{- define "soc2gate.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 45 | trimSuffix "-" }}
{{- else }}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 45 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 45 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}

{{/* Labels that select pods of the webhook; they never change. */}}
{{- define "soc2gate.selectorLabels" -}}
app.kubernetes.io/name: {{ include "soc2gate.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: webhook
{{- end }}

{{/* Labels of every object but pods. */}}
{{- define "soc2gate.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "soc2gate.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{/* Name of the service account of the webhook. */}}
{{- define "soc2gate.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "soc2gate.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{/* Name of what removes the webhook configuration. */}}
{{- define "soc2gate.uninstallName" -}}
{{ include "soc2gate.fullname" . }}-uninstall
{{- end }}

{{/* An image: repository, tag and digest; the tag of the chart where it has none. */}}
{{- define "soc2gate.image" -}}
{{- $tag := default .version .image.tag -}}
{{ .image.repository }}:{{ $tag }}{{ with .image.digest }}@{{ . }}{{ end }}
{{- end }}

{{/* Secret of the certificate. */}}
{{- define "soc2gate.certificateSecret" -}}
{{- if eq .Values.certificate.mode "provided" }}
{{- .Values.certificate.provided.secretName }}
{{- else }}
{{- include "soc2gate.fullname" . }}-tls
{{- end }}
{{- end }}

{{/* Claim of the volume of an embedded ledger. */}}
{{- define "soc2gate.ledgerClaim" -}}
{{- default (printf "%s-ledger" (include "soc2gate.fullname" .)) .Values.ledger.embedded.existingClaim }}
{{- end }}

{{/* What no container may do. */}}
{{- define "soc2gate.containerSecurityContext" -}}
allowPrivilegeEscalation: false
capabilities:
  drop: [ALL]
privileged: false
readOnlyRootFilesystem: true
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{/* The same for pods. */}}
{{- define "soc2gate.podSecurityContext" -}}
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end }}
