import type { TransportResponse } from '../../src/kube/transport.ts';
import { free } from './leases.ts';
import { eventually } from './objects.ts';
import type { Cluster, Fault, Operator, StartOptions } from './running.ts';

export type SentRequest = Parameters<Fault>[0];

/** A request that its sender waits for, and that has not left yet. */
export interface HeldBack {
  /** Resolves once there is such a request. */
  readonly caught: Promise<SentRequest>;
  /** Sends it as it was, however long ago that is, and returns its answer. */
  letGo(): Promise<TransportResponse>;
}

/** A replica whose requests can be held back, and which can be made to miss that it no longer leads. */
export interface Replica {
  readonly operator: Operator;
  /** Holds back the first request from now on that fits. */
  holdBack(fits: (request: SentRequest) => boolean): HeldBack;
  /** Its requests about Leases get no answer from now on. */
  deafen(): void;
  /** They get one again. */
  undeafen(): void;
}

interface Trap {
  readonly fits: (request: SentRequest) => boolean;
  readonly catches: (request: SentRequest, send: Parameters<Fault>[1]) => Promise<TransportResponse>;
}

export async function startReplica(cluster: Cluster, options: StartOptions = {}): Promise<Replica> {
  let trap: Trap | undefined;
  let deaf: { readonly over: Promise<void>; readonly end: () => void } | undefined;
  const fault: Fault = (request, send) => {
    const sprung = trap?.fits(request) === true ? trap : undefined;
    if (sprung === undefined) return send(request);
    trap = undefined;
    return sprung.catches(request, send);
  };
  const leaseFault: Fault = async (request, send) => {
    await deaf?.over;
    return send(request);
  };
  return {
    operator: await cluster.start({ ...options, fault, leaseFault }),
    holdBack(fits) {
      let onCaught: (request: SentRequest) => void = () => undefined;
      let release: () => void = () => undefined;
      let onAnswer: (answer: Promise<TransportResponse>) => void = () => undefined;
      const caught = new Promise<SentRequest>((resolve) => (onCaught = resolve));
      const released = new Promise<void>((resolve) => (release = resolve));
      const answered = new Promise<TransportResponse>((resolve) => (onAnswer = resolve));
      trap = {
        fits,
        async catches({ signal: _signal, ...request }, send) {
          onCaught(request);
          await released;
          // As the network would deliver it: whether anybody still waits for the answer makes no difference.
          const answer = send(request);
          onAnswer(answer);
          return answer;
        },
      };
      return {
        caught,
        letGo() {
          release();
          return answered;
        },
      };
    },
    deafen() {
      let end: () => void = () => undefined;
      const over = new Promise<void>((resolve) => (end = resolve));
      deaf = { over, end };
    },
    undeafen() {
      deaf?.end();
      deaf = undefined;
    },
  };
}

/** Takes the Lease from one replica, which does not notice, and waits until the other leads. */
export async function depose(cluster: Cluster, leader: Replica, successor: Replica): Promise<void> {
  leader.deafen();
  await free(cluster.admin);
  await eventually('the other replica leads', () => Promise.resolve(successor.operator.leading()));
}
