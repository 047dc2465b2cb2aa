import { customResourceDefinitionVerdict } from './kstatus/custom-resource-definition.ts';
import { daemonSetVerdict } from './kstatus/daemon-set.ts';
import { deploymentVerdict } from './kstatus/deployment.ts';
import { genericVerdict, readyVerdict } from './kstatus/generic.ts';
import { jobVerdict } from './kstatus/job.ts';
import { persistentVolumeClaimVerdict } from './kstatus/persistent-volume-claim.ts';
import { podDisruptionBudgetVerdict } from './kstatus/pod-disruption-budget.ts';
import { podVerdict } from './kstatus/pod.ts';
import { replicaSetVerdict } from './kstatus/replica-set.ts';
import { serviceVerdict } from './kstatus/service.ts';
import { statefulSetVerdict } from './kstatus/stateful-set.ts';
import { current } from './kstatus/verdict.ts';
import type { KStatusVerdict } from './kstatus/verdict.ts';
import type { KubeObject } from './object.ts';

export type { KStatusVerdict } from './kstatus/verdict.ts';

const alwaysCurrent = (): KStatusVerdict => current('it is what it says, no controller has to act on it');

const RULES: ReadonlyMap<string, (object: KubeObject, now: number) => KStatusVerdict> = new Map([
  ['Service', serviceVerdict],
  ['Pod', podVerdict],
  ['Secret', alwaysCurrent],
  ['ConfigMap', alwaysCurrent],
  ['PersistentVolumeClaim', persistentVolumeClaimVerdict],
  ['apps/StatefulSet', statefulSetVerdict],
  ['apps/DaemonSet', daemonSetVerdict],
  ['apps/Deployment', deploymentVerdict],
  ['apps/ReplicaSet', replicaSetVerdict],
  ['policy/PodDisruptionBudget', podDisruptionBudgetVerdict],
  ['batch/CronJob', alwaysCurrent],
  ['batch/Job', jobVerdict],
  ['apiextensions.k8s.io/CustomResourceDefinition', customResourceDefinitionVerdict],
]);

/**
 * How far the cluster has come with an object, by the rules of kstatus (kubernetes-sigs/cli-utils): first what any kind may say of
 * itself, then the rules of its kind, then a condition `Ready`. A kind that says nothing counts as Current. Decided from the object
 * alone, which must carry its status; what cannot be read is Unknown, never an exception.
 *
 * @param now milliseconds since the epoch; only an unschedulable Pod is judged by its age.
 */
export function kstatusOf(object: KubeObject, now: number = Date.now()): KStatusVerdict {
  const generic = genericVerdict(object);
  if (generic !== undefined) return generic;
  const rule = RULES.get(groupKindOf(object));
  if (rule !== undefined) return rule(object, now);
  return readyVerdict(object) ?? current('it says nothing about its state');
}

function groupKindOf(object: KubeObject): string {
  const slash = object.apiVersion.indexOf('/');
  return slash === -1 ? object.kind : `${object.apiVersion.slice(0, slash)}/${object.kind}`;
}
