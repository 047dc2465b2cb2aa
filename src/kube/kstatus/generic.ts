import type { KubeObject } from '../object.ts';
import { at, conditionsOf, conditionWith, wordsOf } from './fields.ts';
import { current, failed, inProgress } from './verdict.ts';
import type { KStatusVerdict } from './verdict.ts';

/** What any kind may say of itself and what then decides alone: deletion, a generation not yet seen, Reconciling, Stalled. */
export function genericVerdict(object: KubeObject): KStatusVerdict | undefined {
  if ((object.metadata.deletionTimestamp ?? '') !== '') return { status: 'Terminating', message: 'it is being deleted' };
  const generation = generationVerdict(object);
  if (generation !== undefined) return generation;
  const telling = conditionsOf(object).find(({ type, status }) => (type === 'Reconciling' || type === 'Stalled') && status === 'True');
  if (telling === undefined) return undefined;
  return telling.type === 'Reconciling' ? inProgress(wordsOf(telling)) : failed(wordsOf(telling));
}

/** The last resort for kinds without rules of their own: a condition `Ready`, which many controllers set. */
export function readyVerdict(object: KubeObject): KStatusVerdict | undefined {
  if (conditionWith(object, 'Ready', 'True') !== undefined) return current('it is ready');
  const unready = conditionWith(object, 'Ready', 'False') ?? conditionWith(object, 'Ready', 'Unknown');
  return unready === undefined ? undefined : inProgress(wordsOf(unready));
}

/** In progress until a controller has written `status.observedGeneration`, for kinds whose controller always does. */
export function unobserved(object: KubeObject): KStatusVerdict | undefined {
  const observed = at(object, 'status', 'observedGeneration');
  return observed === undefined || object.metadata.generation === undefined ? inProgress('no controller has seen it yet') : undefined;
}

function generationVerdict(object: KubeObject): KStatusVerdict | undefined {
  const { generation } = object.metadata;
  const observed = at(object, 'status', 'observedGeneration');
  if (generation === undefined || observed === undefined || observed === null) return undefined;
  if (typeof observed !== 'number') return { status: 'Unknown', message: 'its status.observedGeneration is not a number' };
  return observed === generation ? undefined : inProgress(`generation ${generation} was written, and its controller has seen ${observed}`);
}
