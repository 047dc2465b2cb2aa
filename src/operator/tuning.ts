/** What may be set to other values in tests and by experts, through the environment. */
export interface Tuning {
  /** Requests under way at once, of one transaction. */
  readonly concurrency: number;
  /** Milliseconds until we give up on an answer. */
  readonly requestTimeoutMs: number;
  /** Seconds that a grant lives. */
  readonly grantLifeSeconds: number;
  /** Milliseconds for which the record of an ended transaction is kept. */
  readonly historyTtlMs: number;
  /** Milliseconds for which a shutdown waits for what is running. */
  readonly graceMs: number;
}

const DEFAULTS: Tuning = {
  concurrency: 32,
  requestTimeoutMs: 15_000,
  grantLifeSeconds: 10,
  historyTtlMs: 7 * 24 * 60 * 60_000,
  graceMs: 10_000,
};

const VARIABLES: Readonly<Record<keyof Tuning, string>> = {
  concurrency: 'JANUS_CONCURRENCY',
  requestTimeoutMs: 'JANUS_REQUEST_TIMEOUT_MS',
  grantLifeSeconds: 'JANUS_GRANT_LIFE_SECONDS',
  historyTtlMs: 'JANUS_HISTORY_TTL_MS',
  graceMs: 'JANUS_GRACE_MS',
};

/** Defaults, and what the environment says otherwise. @throws RangeError naming the variable that is no whole number from 1 */
export function tuningFrom(env: Readonly<Record<string, string | undefined>>): Tuning {
  const entries = (Object.keys(VARIABLES) as (keyof Tuning)[]).map((key) => [key, numberIn(env, VARIABLES[key]) ?? DEFAULTS[key]] as const);
  return Object.fromEntries(entries) as unknown as Tuning;
}

function numberIn(env: Readonly<Record<string, string | undefined>>, name: string): number | undefined {
  const text = env[name];
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new RangeError(`${name} must be a whole number from 1, and "${text}" is not`);
  return value;
}
