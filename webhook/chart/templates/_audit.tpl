{{/* Name of the objects of the audit. */}}
{{- define "soc2gate.auditName" -}}
{{ include "soc2gate.fullname" . }}-audit
{{- end }}

{{/* Labels that select pods of the audit; they never change. */}}
{{- define "soc2gate.auditSelectorLabels" -}}
app.kubernetes.io/name: {{ include "soc2gate.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: audit
{{- end }}

{{/* Labels of every object of the audit but pods. */}}
{{- define "soc2gate.auditLabels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "soc2gate.auditSelectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{/* Every argument of the audit. */}}
{{- define "soc2gate.auditArguments" -}}
- audit
- --in-cluster
- --interval={{ .Values.audit.interval }}
- --probes=0.0.0.0:8080
- --config=/etc/soc2gate/config/soc2gate.yaml
{{- if .Values.policies }}
- --policies=/etc/soc2gate/policies
{{- end }}
{{- if eq .Values.ledger.mode "postgresql" }}
{{ include "soc2gate.ledgerArguments" . | trim }}
{{- else }}
- --no-ledger
{{- end }}
- --lease={{ include "soc2gate.auditName" . }}
- --max-reports={{ .Values.audit.maxReports }}
{{- range .Values.audit.excludedNamespaces }}
- --exclude-namespace={{ . }}
{{- end }}
{{- range .Values.audit.excludedKinds }}
- --exclude-kind={{ . }}
{{- end }}
- --reload-interval={{ .Values.reloadInterval }}
- --log-level={{ .Values.logLevel }}
{{- end }}

{{/* What the audit may read: the kinds that controls of the library name, and those that they look at beside them. */}}
{{- define "soc2gate.auditRules" -}}
- apiGroups: [""]
  resources:
    - configmaps
    - namespaces
    - persistentvolumeclaims
    - pods
    - podtemplates
    - replicationcontrollers
    - serviceaccounts
    - services
  verbs: [list]
{{- if not (has "Secret" .Values.audit.excludedKinds) }}
- apiGroups: [""]
  resources: [secrets]
  verbs: [list]
{{- end }}
- apiGroups: [apps]
  resources: [daemonsets, deployments, replicasets, statefulsets]
  verbs: [list]
- apiGroups: [batch]
  resources: [cronjobs, jobs]
  verbs: [list]
- apiGroups: [networking.k8s.io]
  resources: [ingresses, networkpolicies]
  verbs: [list]
- apiGroups: [gateway.networking.k8s.io]
  resources: [gateways, httproutes]
  verbs: [list]
- apiGroups: [networking.istio.io]
  resources: [gateways]
  verbs: [list]
- apiGroups: [security.istio.io]
  resources: [peerauthentications]
  verbs: [list]
- apiGroups: [storage.k8s.io]
  resources: [storageclasses]
  verbs: [list]
- apiGroups: [admissionregistration.k8s.io]
  resources: [validatingwebhookconfigurations]
  verbs: [list]
- apiGroups: [rbac.authorization.k8s.io]
  resources: [clusterrolebindings, clusterroles, rolebindings, roles]
  verbs: [list]
{{- range .Values.audit.additionalKinds }}
- apiGroups: {{ toJson .apiGroups }}
  resources: {{ toJson .resources }}
  verbs: [list]
{{- end }}
- apiGroups: [wgpolicyk8s.io]
  resources: [clusterpolicyreports, policyreports]
  verbs: [create, delete, get, list, patch]
- apiGroups: [openreports.io]
  resources: [clusterreports, reports]
  verbs: [create, delete, get, list, patch]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create]
{{- end }}
