// The resources that a server has: those of Kubernetes, and those that definitions of custom resources add.
import { builtIn, custom, definitionName } from "./schemas.mjs";

// group/version, plural, kind, then letters: n namespaced, s status, c scale, g counts generations; short names.
const TABLE = `
v1 bindings Binding n
v1 configmaps ConfigMap n cm
v1 endpoints Endpoints n ep
v1 events Event n ev
v1 limitranges LimitRange n limits
v1 namespaces Namespace s ns
v1 nodes Node s no
v1 persistentvolumeclaims PersistentVolumeClaim ns pvc
v1 persistentvolumes PersistentVolume s pv
v1 pods Pod nsg po
v1 replicationcontrollers ReplicationController nscg rc
v1 resourcequotas ResourceQuota ns quota
v1 secrets Secret n
v1 serviceaccounts ServiceAccount n sa
v1 services Service ns svc
admissionregistration.k8s.io/v1 mutatingwebhookconfigurations MutatingWebhookConfiguration g
admissionregistration.k8s.io/v1 validatingwebhookconfigurations ValidatingWebhookConfiguration g
apiextensions.k8s.io/v1 customresourcedefinitions CustomResourceDefinition sg crd,crds
apps/v1 daemonsets DaemonSet nsg ds
apps/v1 deployments Deployment nscg deploy
apps/v1 replicasets ReplicaSet nscg rs
apps/v1 statefulsets StatefulSet nscg sts
autoscaling/v2 horizontalpodautoscalers HorizontalPodAutoscaler ns hpa
batch/v1 cronjobs CronJob nsg cj
batch/v1 jobs Job nsg
certificates.k8s.io/v1 certificatesigningrequests CertificateSigningRequest s csr
coordination.k8s.io/v1 leases Lease n
discovery.k8s.io/v1 endpointslices EndpointSlice ng
events.k8s.io/v1 events Event n ev
networking.k8s.io/v1 ingresses Ingress nsg ing
networking.k8s.io/v1 ingressclasses IngressClass g
networking.k8s.io/v1 networkpolicies NetworkPolicy ng netpol
policy/v1 poddisruptionbudgets PodDisruptionBudget nsg pdb
rbac.authorization.k8s.io/v1 clusterrolebindings ClusterRoleBinding -
rbac.authorization.k8s.io/v1 clusterroles ClusterRole -
rbac.authorization.k8s.io/v1 rolebindings RoleBinding n
rbac.authorization.k8s.io/v1 roles Role n
scheduling.k8s.io/v1 priorityclasses PriorityClass g pc
storage.k8s.io/v1 storageclasses StorageClass - sc
authentication.k8s.io/v1 tokenreviews TokenReview -
authentication.k8s.io/v1 selfsubjectreviews SelfSubjectReview -
authorization.k8s.io/v1 localsubjectaccessreviews LocalSubjectAccessReview n
authorization.k8s.io/v1 selfsubjectaccessreviews SelfSubjectAccessReview -
authorization.k8s.io/v1 selfsubjectrulesreviews SelfSubjectRulesReview -
authorization.k8s.io/v1 subjectaccessreviews SubjectAccessReview -
`;

const core = (kind, version = "v1", group = "") => ({ group, version, kind });
const EXTRA = {
  pods: {
    attach: { ...core("PodAttachOptions"), verbs: ["create", "get"], connect: true },
    binding: { ...core("Binding"), verbs: ["create"] },
    ephemeralcontainers: { ...core("Pod"), verbs: ["get", "patch", "update"], own: "ephemeralContainers" },
    eviction: { ...core("Eviction", "v1", "policy"), verbs: ["create"] },
    exec: { ...core("PodExecOptions"), verbs: ["create", "get"], connect: true },
    portforward: { ...core("PodPortForwardOptions"), verbs: ["create", "get"], connect: true },
    resize: { ...core("Pod"), verbs: ["get", "patch", "update"], own: "resources" },
  },
  namespaces: { finalize: { ...core("Namespace"), verbs: ["update"], own: "finalize" } },
  serviceaccounts: { token: { ...core("TokenRequest", "v1", "authentication.k8s.io"), verbs: ["create"] } },
};
const VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
const CATEGORIES = { all: ["pods", "replicationcontrollers", "services", "daemonsets", "deployments", "replicasets", "statefulsets", "horizontalpodautoscalers", "cronjobs", "jobs"] };

function builtIns() {
  return TABLE.trim().split("\n").map((line) => {
    const [groupVersion, plural, kind, letters, short] = line.split(" ");
    const [version, group = ""] = groupVersion.split("/").reverse();
    const has = (letter) => letters.includes(letter);
    const subresources = { ...(group === "" ? EXTRA[plural] : {}) };
    if (has("s")) subresources.status = { group, version, kind, verbs: ["get", "patch", "update"], own: "status" };
    if (has("c")) subresources.scale = { ...core("Scale", "v1", "autoscaling"), verbs: ["get", "patch", "update"] };
    const reviews = kind.endsWith("Review") || kind === "Binding";
    return {
      group, version, plural, kind, subresources,
      singular: kind.toLowerCase(),
      namespaced: has("n"),
      counts: has("g"),
      short: short?.split(",") ?? [],
      categories: CATEGORIES.all.includes(plural) ? ["all"] : [],
      verbs: reviews ? ["create"] : VERBS,
      schema: builtIn({ group, version, kind }),
      definition: definitionName({ group, version, kind }),
      storage: plural === "events" ? "/events" : `${group}/${plural}`,
    };
  });
}

const OWN = builtIns();

/** The resources of the served versions of a definition of a custom resource. */
export function customResources(definition) {
  const { group, names, scope, versions } = definition.spec;
  return versions.filter((one) => one.served).map((one) => {
    const gvk = { group, version: one.name, kind: names.kind };
    const { status, scale } = one.subresources ?? {};
    const verbs = ["get", "patch", "update"];
    return {
      ...gvk,
      plural: names.plural,
      singular: names.singular ?? names.kind.toLowerCase(),
      namespaced: scope === "Namespaced",
      counts: true,
      short: names.shortNames ?? [],
      categories: names.categories ?? [],
      verbs: VERBS,
      subresources: {
        ...(status && { status: { ...gvk, verbs, own: "status" } }),
        ...(scale && { scale: { ...core("Scale", "v1", "autoscaling"), verbs, paths: scale } }),
      },
      schema: custom(one.schema?.openAPIV3Schema),
      storage: `${group}/${names.plural}`,
      storedVersion: versions.find((version) => version.storage)?.name,
      columns: one.additionalPrinterColumns,
      custom: definition.metadata.name,
    };
  });
}

/** What there is to ask for, by group, version and plural. */
export class Resources {
  constructor() {
    this.list = [...OWN];
  }

  find(group, version, plural) {
    return this.list.find((one) => one.group === group && one.version === version && one.plural === plural);
  }

  ofKind(apiVersion, kind) {
    const [version, group = ""] = apiVersion.split("/").reverse();
    return this.list.find((one) => one.group === group && one.version === version && one.kind === kind);
  }

  /** The same objects under other groups and versions, which a webhook with `matchPolicy: Equivalent` may want. */
  equivalents(resource) {
    return this.list.filter((one) => one.storage === resource.storage && one !== resource);
  }

  define(definition) {
    this.forget(definition);
    this.list.push(...customResources(definition));
  }

  forget(definition) {
    this.list = this.list.filter((one) => one.custom !== definition.metadata.name);
  }
}

/** `apps/v1`, or `v1` of the core group. */
export const apiVersion = ({ group, version }) => (group ? `${group}/${version}` : version);
