{{/*
What is judged. Leases, nodes, certificate signing requests, events and reviews are not among it: a cluster needs them to
come up. `*` in resources leaves subresources out, so each is named.
*/}}
{{- define "soc2gate.objectRules" -}}
{{- $operations := .Values.webhook.operations | toJson }}
- apiGroups: [""]
  apiVersions: ["*"]
  operations: {{ $operations }}
  resources:
    - configmaps
    - limitranges
    - namespaces
    - persistentvolumeclaims
    - persistentvolumes
    - pods
    - podtemplates
    - replicationcontrollers
    - resourcequotas
    - secrets
    - serviceaccounts
    - services
- apiGroups: [apps]
  apiVersions: ["*"]
  operations: {{ $operations }}
  resources: [daemonsets, deployments, replicasets, statefulsets]
- apiGroups: [batch]
  apiVersions: ["*"]
  operations: {{ $operations }}
  resources: [cronjobs, jobs]
- apiGroups: [networking.k8s.io]
  apiVersions: ["*"]
  operations: {{ $operations }}
  resources: [ingressclasses, ingresses, networkpolicies]
- apiGroups: [gateway.networking.k8s.io]
  apiVersions: ["*"]
  operations: {{ $operations }}
  resources: [gateways, httproutes]
- apiGroups: [networking.istio.io]
  apiVersions: ["*"]
  operations: {{ $operations }}
  resources: [gateways]
- apiGroups: [security.istio.io]
  apiVersions: ["*"]
  operations: {{ $operations }}
  resources: [peerauthentications]
- apiGroups: [storage.k8s.io]
  apiVersions: ["*"]
  operations: {{ $operations }}
  resources: [storageclasses]
- apiGroups: [""]
  apiVersions: ["*"]
  operations: [UPDATE]
  resources: [pods/ephemeralcontainers, pods/resize, services/status]
- apiGroups: [""]
  apiVersions: ["*"]
  operations: [CREATE]
  resources: [pods/eviction, serviceaccounts/token]
- apiGroups: [""]
  apiVersions: ["*"]
  operations: [CONNECT]
  resources: [pods/attach, pods/exec, pods/portforward]
- apiGroups: ["*"]
  apiVersions: ["*"]
  operations: [UPDATE]
  resources: ["*/scale"]
{{- with .Values.webhook.additionalRules }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Who may do what: roles and bindings. */}}
{{- define "soc2gate.accessRules" -}}
- apiGroups: [rbac.authorization.k8s.io]
  apiVersions: ["*"]
  operations: {{ .Values.webhook.operations | toJson }}
  resources: [clusterrolebindings, clusterroles, rolebindings, roles]
{{- end }}

{{/* What every webhook of the configuration has. */}}
{{- define "soc2gate.webhookCommon" -}}
admissionReviewVersions: [v1]
matchPolicy: Equivalent
sideEffects: NoneOnDryRun
timeoutSeconds: {{ .Values.webhook.timeoutSeconds }}
clientConfig:
  service:
    name: {{ include "soc2gate.fullname" . }}
    namespace: {{ .Release.Namespace }}
    path: /validate
    port: 443
  {{- if eq .Values.certificate.mode "provided" }}
  caBundle: {{ .Values.certificate.provided.caBundle | b64enc }}
  {{- end }}
{{- end }}

{{/* Not asked for users that are named exactly. */}}
{{- define "soc2gate.userCondition" -}}
{{- with .Values.webhook.excludedUsers }}
- name: user-is-not-excluded
  expression: {{ printf "!(has(request.userInfo.username) && request.userInfo.username in %s)" (toJson .) | quote }}
{{- end }}
{{- end }}

{{/* Not asked for the tokens that a node fetches for its own pods, which it needs to start them. */}}
{{- define "soc2gate.tokenCondition" -}}
- name: token-is-not-for-a-node
  expression: >-
    !(request.resource.resource == "serviceaccounts" && has(request.subResource) && request.subResource == "token"
    && has(request.userInfo.username) && request.userInfo.username.startsWith("system:node:"))
{{- end }}

{{/* Whether the request is about the roles of this chart, without which it can be neither mended nor removed. */}}
{{- define "soc2gate.isOwnRole" -}}
has(request.name) && request.name == "{{ include "soc2gate.uninstallName" . }}" && request.resource.resource in ["clusterroles", "clusterrolebindings"]
{{- end }}
