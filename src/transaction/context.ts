import type { SealedTransaction } from '../api/transaction.ts';
import type { TransactionSettings } from '../api/transaction-settings.ts';
import type { KubeClient } from '../kube/client.ts';
import type { Discovery } from '../kube/discovery.ts';
import type { GrantClaims } from '../lock/claims.ts';
import type { GuardHolder } from '../lock/guard/entries.ts';
import type { GuardNeed } from '../lock/guard/need.ts';
import type { ChangesOf } from './changes.ts';
import type { Enforcement } from './enforcement.ts';
import type { SagaEvent } from './saga-event.ts';
import type { Released } from './released.ts';
import type { RecordStore } from './record-store.ts';

/** Settings of the executor; all times in milliseconds. */
export interface SagaSettings {
  readonly systemNamespace: string;
  /** Requests under way at once, of one transaction. */
  readonly concurrency: number;
  /** Until we give up on an answer; the server is told the same. */
  readonly requestTimeoutMs: number;
  /** How long after it was sent a Create whose answer was lost may still land: a grant's life and leeway, and the server's own time limit. */
  readonly createLandsWithinMs: number;
  /** How long the record of an ended transaction is kept. */
  readonly historyTtlMs: number;
}

/** Closes, for as long as a transaction needs it, the ways past a label. */
export interface Guards {
  /** The uids of the Transactions that have guards. */
  holders(): Promise<readonly string[]>;
  /**
   * Makes these the guards of a transaction, and resolves when an API server refuses by them. Without effect, and without a
   * request, where they are so already.
   */
  put(holder: GuardHolder, needs: readonly GuardNeed[]): Promise<void>;
  /** Takes down what a transaction has, but for guards of later attempts. */
  drop(holder: GuardHolder): Promise<void>;
}

/** What the stages need of the world. Built once in `operator/`, passed down, never global. */
export interface SagaContext {
  readonly client: KubeClient;
  readonly discovery: Discovery;
  readonly records: RecordStore;
  readonly guards: Guards;
  readonly changesOf: ChangesOf;
  readonly settings: SagaSettings;
  readonly sign: (claims: GrantClaims) => Promise<string>;
  /** Whether somebody may impersonate a ServiceAccount, asked of the API server. `who` is the stamp that admission put on the object. */
  readonly mayImpersonate: (who: string, namespace: string, serviceAccountName: string) => Promise<boolean>;
  /** Whether a user may do something, by SubjectAccessReview. */
  readonly may: (user: string, attributes: AccessAttributes) => Promise<boolean>;
  readonly released: Released;
  readonly enforcement: Enforcement;
  readonly emit: (event: SagaEvent) => void;
  readonly now: () => number;
}

/** What is asked of the authorizer. */
export interface AccessAttributes {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** One transaction under way: its object as last read, its settings, and the signal that ends the work early. */
export interface Run {
  readonly context: SagaContext;
  readonly transaction: SealedTransaction;
  readonly settings: TransactionSettings;
  /** The term of enforcement in which this work began. */
  readonly term: string;
  /** Aborted with a `StopReason` when the work must end before it is done. */
  readonly signal: AbortSignal;
}

/** The ServiceAccount of a transaction, as the API server names it. */
export function serviceAccountUser(namespace: string, name: string): string {
  return `system:serviceaccount:${namespace}:${name}`;
}
