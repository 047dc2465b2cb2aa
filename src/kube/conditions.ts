/** `metav1.Condition`, as far as setting one needs it. */
export interface ConditionLike {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly observedGeneration?: number | undefined;
  readonly lastTransitionTime: string;
  readonly reason: string;
  readonly message: string;
}

/** The condition of a type, if there is one. */
export function findCondition<T extends ConditionLike>(conditions: readonly T[], type: string): T | undefined {
  return conditions.find((condition) => condition.type === type);
}

/** True only where the condition is there and says `True`. */
export function isConditionTrue(conditions: readonly ConditionLike[], type: string): boolean {
  return findCondition(conditions, type)?.status === 'True';
}

/**
 * The list with one condition set. `lastTransitionTime` moves only when the status does, as the API conventions ask; an
 * existing one keeps its place. `now` is RFC 3339.
 */
export function setCondition<T extends ConditionLike>(
  conditions: readonly T[],
  condition: Omit<T, 'lastTransitionTime'>,
  now: string,
): readonly T[] {
  const { type, status } = condition as unknown as ConditionLike;
  const existing = findCondition(conditions, type);
  const lastTransitionTime = existing?.status === status ? existing.lastTransitionTime : now;
  const next = { ...condition, lastTransitionTime } as unknown as T;
  return existing === undefined ? [...conditions, next] : conditions.map((one) => (one.type === type ? next : one));
}

/** The list without the condition of a type. */
export function removeCondition<T extends ConditionLike>(conditions: readonly T[], type: string): readonly T[] {
  return conditions.filter((condition) => condition.type !== type);
}
