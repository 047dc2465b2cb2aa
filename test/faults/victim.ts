import type { Transaction } from '../../src/api/transaction.ts';
import type { TransportRequest, TransportResponse } from '../../src/kube/transport.ts';
import type { Fault } from '../janus/running.ts';

/** Where a process dies while it carries out one transaction. */
export interface KillPoint {
  /** Which of its calls, counted from 1. */
  readonly at: number;
  /** Whether reads and dry runs count, or only what the API server stores. */
  readonly counting: 'writes' | 'calls';
  /**
   * `before`: the call never reaches the server. `after`: it takes effect and its answer is lost. `late`: it is on its way
   * while the process dies, and reaches the server in the midst of what the successor does.
   */
  readonly how: 'before' | 'after' | 'late';
  /** Of a late call: how many writes of the successor come first; it lands after the end where there are fewer. */
  readonly lands?: number;
}

type Sending = (request: TransportRequest) => Promise<TransportResponse>;

const never = new Promise<never>(() => undefined);

/**
 * One transaction whose executor dies: from its kill point on nothing is sent for it and nothing heard, whatever else the
 * same process still does. So many can die in one process, each at a point of its own.
 */
export class Victim {
  readonly namespace: string;
  readonly uid: string;
  /** What its executors have sent, in order, Events apart: those are told after the fact, and nothing hangs on them. */
  calls: TransportRequest[] = [];
  /** Resolves when it has died. */
  readonly died: Promise<void>;
  /** The call at which it died. */
  last: TransportRequest | undefined;
  /** How the late call was answered, once it has landed: an HTTP status, or why none came. */
  landed: number | string | undefined;
  #point: KillPoint | undefined;
  #left = 0;
  #dead = false;
  #successorWrites = 0;
  #die: () => void = () => undefined;
  readonly #late: Sending;

  /** @param late sends, as Janus, what was on its way when its process died */
  constructor(transaction: Transaction, late: Sending) {
    this.#late = late;
    this.namespace = transaction.metadata.namespace ?? '';
    this.uid = transaction.metadata.uid ?? '';
    this.died = new Promise((resolve) => (this.#die = resolve));
  }

  get writes(): readonly TransportRequest[] {
    return this.calls.filter(isWrite);
  }

  /** Lets it die at a point, counted from now. */
  condemn(point: KillPoint): void {
    this.calls = [];
    this.#point = point;
    this.#left = point.at;
  }

  /** Another process takes it up. */
  revive(): void {
    this.#dead = false;
    this.#left = 0;
  }

  /** Lets what is on its way land, if it has not yet. */
  async land(): Promise<void> {
    if (this.#point?.how !== 'late' || this.last === undefined || this.landed !== undefined) return;
    this.landed = 'on its way';
    const { signal: _signal, ...request } = this.last;
    this.landed = await this.#late(request).then(
      ({ status }) => status,
      (error: unknown) => String(error),
    );
  }

  async pass(request: TransportRequest, send: Sending): Promise<TransportResponse> {
    if (this.#dead) return never;
    if (request.label.resource.startsWith('events')) return send(request);
    this.calls.push(request);
    if (this.last !== undefined && isWrite(request)) {
      if (this.#successorWrites === this.#point?.lands) await this.land();
      this.#successorWrites += 1;
    }
    if (this.#left > 0 && (this.#point?.counting === 'calls' || isWrite(request))) {
      this.#left -= 1;
      if (this.#left === 0) return this.#fall(request, send);
    }
    try {
      return await send(request);
    } finally {
      // Its answer comes too late.
      if (this.#dead) await never;
    }
  }

  async #fall(request: TransportRequest, send: Sending): Promise<never> {
    this.#dead = true;
    this.last = request;
    if (this.#point?.how === 'after') await send(request).catch(() => undefined);
    this.#die();
    return never;
  }
}

/** Whether the API server stores anything on it: no read, no dry run, no question to the authorizer. */
export function isWrite({ label, method, path }: TransportRequest): boolean {
  return method !== 'GET' && !label.dryRun && !path.includes('accessreviews');
}

/** A call in words: what of whom, for people who look for what went wrong. */
export function describeCall({ label, as, body }: TransportRequest): string {
  const { verb, resource, subresource, name } = label;
  const parts = [verb, resource + (subresource === undefined ? '' : `/${subresource}`), name ?? ''];
  const what = as === undefined ? '' : (body ?? '').includes('tx.janus.io/lock') ? ' (with label)' : ' (as the ServiceAccount)';
  return `${parts.join(' ')}${label.dryRun ? ' dry run' : ''}${what}`;
}

/** The transactions of a run, and the fault that lets each die on its own. */
export class Victims {
  readonly #byNamespace = new Map<string, Victim>();
  readonly #byUid = new Map<string, Victim>();

  readonly #late: Sending;

  constructor(late: Sending) {
    this.#late = late;
  }

  add(transaction: Transaction): Victim {
    const victim = new Victim(transaction, this.#late);
    this.#byNamespace.set(victim.namespace, victim);
    this.#byUid.set(victim.uid, victim);
    return victim;
  }

  /** For `cluster.start`. */
  get fault(): Fault {
    return (request, send) => {
      const victim = this.#of(request);
      return victim === undefined ? send(request) : victim.pass(request, send);
    };
  }

  /** Whose call it is: each transaction has a namespace of its own, and its records carry its uid. */
  #of({ label, path, body }: TransportRequest): Victim | undefined {
    const own = this.#byNamespace.get(label.namespace ?? '');
    if (own !== undefined) return own;
    const text = `${label.name ?? ''} ${path} ${label.verb === 'raw' ? (body ?? '') : ''}`;
    const uid = UUID.exec(text)?.[0];
    const byUid = uid === undefined ? undefined : this.#byUid.get(uid);
    const namespace = NAMESPACE.exec(text)?.[0];
    return byUid ?? (namespace === undefined ? undefined : this.#byNamespace.get(namespace));
  }
}

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/;
const NAMESPACE = /\bns-[0-9a-f]{8}\b/;
