import type { GrantAction, GrantClaims, GrantTarget } from './claims.ts';
import { isAttempt, isUuid } from './label.ts';

/** The claim of the JWT that holds the grant. */
export const GRANT_CLAIM = 'tx.janus.io/grant';

/** Every action that can be granted. */
export const GRANT_ACTIONS: readonly GrantAction[] = ['preflight', 'lock', 'apply', 'create', 'delete', 'restore', 'recreate', 'unlock'];

/** The claims, or in words what is wrong with them. */
export type ReadClaims = { readonly ok: true; readonly claims: GrantClaims } | { readonly ok: false; readonly words: string };

/** Reads claims strictly, member by member; members that are not ours are dropped. */
export function readGrantClaims(value: unknown): ReadClaims {
  if (!isMembers(value)) return wrong('they are no object');
  const { transaction, attempt, change, action, bearer } = value;
  if (!isUuid(transaction)) return wrong("they don't name a transaction by its uid");
  if (!isAttempt(attempt)) return wrong("they don't number the attempt");
  if (typeof change !== 'string') return wrong("they don't name the change");
  if (!isAction(action)) return wrong('they grant no action that there is');
  const target = readTarget(value.target);
  if (target === undefined) return wrong("they don't say for which object");
  const claims = { transaction, attempt, change, action, target };
  if (bearer === undefined) return { ok: true, claims };
  return typeof bearer === 'string' && bearer !== '' ? { ok: true, claims: { ...claims, bearer } } : wrong("they don't name their bearer");
}

function readTarget(value: unknown): GrantTarget | undefined {
  if (!isMembers(value)) return undefined;
  const { group, resource, namespace, name, uid } = value;
  if (typeof group !== 'string' || typeof namespace !== 'string') return undefined;
  if (typeof resource !== 'string' || resource === '' || typeof name !== 'string' || name === '') return undefined;
  if (uid === undefined) return { group, resource, namespace, name };
  return typeof uid === 'string' && uid !== '' ? { group, resource, namespace, name, uid } : undefined;
}

function isAction(value: unknown): value is GrantAction {
  return GRANT_ACTIONS.some((action) => action === value);
}

function isMembers(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrong(words: string): ReadClaims {
  return { ok: false, words };
}
