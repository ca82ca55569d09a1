// The values that the API server sets where a manifest leaves them out.

/** Sets values that are missing; objects are filled, not replaced. */
function fill(object, values) {
  for (const [name, value] of Object.entries(values)) object[name] ??= value;
  return object;
}

function container(one) {
  const tag = /@/.test(one.image ?? "") ? "digest" : (/:([^:/]+)$/.exec(one.image ?? "")?.[1] ?? "latest");
  fill(one, { resources: {}, terminationMessagePath: "/dev/termination-log", terminationMessagePolicy: "File", imagePullPolicy: tag === "latest" ? "Always" : "IfNotPresent" });
  for (const port of one.ports ?? []) fill(port, { protocol: "TCP" });
  for (const name of ["livenessProbe", "readinessProbe", "startupProbe"]) {
    if (one[name]) fill(one[name], { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 });
    if (one[name]?.httpGet) fill(one[name].httpGet, { path: "/", scheme: "HTTP" });
  }
  for (const variable of one.env ?? []) if (variable.valueFrom?.fieldRef) fill(variable.valueFrom.fieldRef, { apiVersion: "v1" });
  const { limits, requests } = one.resources;
  if (limits) one.resources.requests = { ...limits, ...requests };
}

function podSpec(spec) {
  for (const name of ["initContainers", "containers", "ephemeralContainers"]) for (const one of spec[name] ?? []) container(one);
  fill(spec, { restartPolicy: "Always", terminationGracePeriodSeconds: 30, dnsPolicy: "ClusterFirst", securityContext: {}, schedulerName: "default-scheduler" });
  if (spec.serviceAccountName) fill(spec, { serviceAccount: spec.serviceAccountName });
  for (const volume of spec.volumes ?? []) {
    for (const name of ["secret", "configMap", "projected", "downwardAPI"]) if (volume[name]) fill(volume[name], { defaultMode: 420 });
    if (volume.hostPath) fill(volume.hostPath, { type: "" });
  }
}

function template(spec) {
  if (!spec.template) return;
  fill(spec.template, { metadata: {} });
  if (spec.template.spec) podSpec(spec.template.spec);
}

function toleration(key) {
  return { key: `node.kubernetes.io/${key}`, operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 };
}

function job(spec) {
  fill(spec, { backoffLimit: 6, completionMode: "NonIndexed", suspend: false, podReplacementPolicy: "TerminatingOrFailed" });
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  fill(spec, { parallelism: 1, manualSelector: false });
  template(spec);
}

function webhooks(object) {
  for (const hook of object.webhooks ?? []) {
    fill(hook, { failurePolicy: "Fail", matchPolicy: "Equivalent", namespaceSelector: {}, objectSelector: {}, timeoutSeconds: 10 });
    for (const rule of hook.rules ?? []) fill(rule, { scope: "*" });
    if (hook.clientConfig?.service) fill(hook.clientConfig.service, { port: 443 });
  }
}

function address(metadata) {
  const [one, two] = metadata.uid.matchAll(/[0-9a-f]{2}/g);
  return `10.96.${parseInt(one[0], 16)}.${Math.max(1, parseInt(two[0], 16))}`;
}

/** A port of every node, of those that Kubernetes gives services. */
const nodePort = ({ uid }, place) => 30_000 + ((parseInt(uid.slice(0, 4), 16) + place) % 2768);

const rolling = { rollingUpdate: { maxUnavailable: "25%", maxSurge: "25%" }, type: "RollingUpdate" };
const KINDS = {
  Pod({ spec }) {
    podSpec(spec);
    fill(spec, { priority: 0, enableServiceLinks: true, preemptionPolicy: "PreemptLowerPriority" });
    spec.tolerations ??= [toleration("not-ready"), toleration("unreachable")];
  },
  Deployment({ spec }) {
    fill(spec, { replicas: 1, strategy: structuredClone(rolling), revisionHistoryLimit: 10, progressDeadlineSeconds: 600 });
    fill(spec.strategy, { type: "RollingUpdate" });
    if (spec.strategy.type === "RollingUpdate") spec.strategy.rollingUpdate = { ...rolling.rollingUpdate, ...spec.strategy.rollingUpdate };
    template(spec);
  },
  ReplicaSet({ spec }) {
    fill(spec, { replicas: 1 });
    template(spec);
  },
  StatefulSet({ spec }) {
    fill(spec, { replicas: 1, podManagementPolicy: "OrderedReady", updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 0 } }, revisionHistoryLimit: 10 });
    fill(spec, { persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" } });
    for (const claim of spec.volumeClaimTemplates ?? []) {
      fill(claim, { kind: "PersistentVolumeClaim", apiVersion: "v1", status: { phase: "Pending" } });
      fill(claim.spec, { volumeMode: "Filesystem" });
    }
    template(spec);
  },
  DaemonSet({ spec }) {
    fill(spec, { updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } }, revisionHistoryLimit: 10 });
    template(spec);
  },
  Job({ spec, metadata }) {
    job(spec);
    if (!spec.template || spec.manualSelector || spec.selector) return;
    const uid = metadata.uid;
    spec.selector = { matchLabels: { "batch.kubernetes.io/controller-uid": uid } };
    const labels = { "batch.kubernetes.io/controller-uid": uid, "batch.kubernetes.io/job-name": metadata.name, "controller-uid": uid, "job-name": metadata.name };
    spec.template.metadata.labels = { ...spec.template.metadata.labels, ...labels };
  },
  CronJob({ spec }) {
    fill(spec, { concurrencyPolicy: "Allow", suspend: false, successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1 });
    fill(spec.jobTemplate, { metadata: {} });
    template(spec.jobTemplate.spec);
  },
  Service({ spec, metadata }) {
    fill(spec, { type: "ClusterIP", sessionAffinity: "None" });
    for (const port of spec.ports ?? []) fill(port, { protocol: "TCP", targetPort: port.port });
    if (spec.type === "ExternalName") return;
    fill(spec, { clusterIP: address(metadata), ipFamilies: ["IPv4"], ipFamilyPolicy: "SingleStack", internalTrafficPolicy: "Cluster" });
    fill(spec, { clusterIPs: [spec.clusterIP] });
    if (spec.type !== "ClusterIP") for (const [place, port] of (spec.ports ?? []).entries()) fill(port, { nodePort: nodePort(metadata, place) });
    if (spec.type === "LoadBalancer") fill(spec, { externalTrafficPolicy: "Cluster", allocateLoadBalancerNodePorts: true });
  },
  Namespace(object) {
    fill(object, { spec: {} });
    fill(object.spec, { finalizers: ["kubernetes"] });
    object.metadata.labels = { ...object.metadata.labels, "kubernetes.io/metadata.name": object.metadata.name };
  },
  Secret(object) {
    fill(object, { type: "Opaque" });
    const encoded = Object.entries(object.stringData ?? {}).map(([key, text]) => [key, Buffer.from(text).toString("base64")]);
    if (encoded.length) object.data = { ...object.data, ...Object.fromEntries(encoded) };
    delete object.stringData;
  },
  PersistentVolumeClaim({ spec, metadata }) {
    fill(spec, { volumeMode: "Filesystem" });
    if (!metadata.deletionTimestamp) metadata.finalizers ??= ["kubernetes.io/pvc-protection"];
  },
  StorageClass(object) {
    fill(object, { reclaimPolicy: "Delete", volumeBindingMode: "Immediate" });
  },
  RoleBinding: binding,
  ClusterRoleBinding: binding,
  ValidatingWebhookConfiguration: webhooks,
  MutatingWebhookConfiguration: webhooks,
  CustomResourceDefinition({ spec }) {
    fill(spec, { conversion: { strategy: "None" } });
    fill(spec.names, { singular: spec.names.kind.toLowerCase(), listKind: `${spec.names.kind}List` });
  },
  NetworkPolicy({ spec }) {
    fill(spec, { podSelector: {}, policyTypes: spec.egress ? ["Ingress", "Egress"] : ["Ingress"] });
  },
};

function binding(object) {
  fill(object.roleRef, { apiGroup: "rbac.authorization.k8s.io" });
  for (const subject of object.subjects ?? []) if (subject.kind !== "ServiceAccount") fill(subject, { apiGroup: "rbac.authorization.k8s.io" });
}

/** Sets what is missing in an object of Kubernetes' own kinds. */
export function setDefaults(object, resource) {
  if (!resource.custom) KINDS[resource.kind]?.(object);
}

const STATUS = {
  Pod: { phase: "Pending", qosClass: "BestEffort" },
  Namespace: { phase: "Active" },
  Service: { loadBalancer: {} },
  Ingress: { loadBalancer: {} },
  HorizontalPodAutoscaler: { desiredReplicas: 0, currentMetrics: null },
  PodDisruptionBudget: { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 },
  PersistentVolume: { phase: "Pending" },
  StatefulSet: { replicas: 0, availableReplicas: 0 },
  ReplicaSet: { replicas: 0 },
  DaemonSet: { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 },
};

/** The status of an object that was just created; a custom resource has none. */
export function firstStatus(resource) {
  return resource.custom ? undefined : structuredClone(STATUS[resource.kind] ?? {});
}
