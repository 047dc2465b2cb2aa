import { Agent, request } from 'node:https';
import { validateLocks } from '../../src/admission/locks.ts';
import { mutateResources, validateResources } from '../../src/admission/resources.ts';
import { COLLECTORS } from '../../src/admission/validate-resource-change.ts';
import { PATHS } from '../../src/admission/webhook-configuration.ts';
import { validateResourceChange } from '../../src/api/resource-change-validation.ts';
import { validateTransaction } from '../../src/api/transaction-validation.ts';
import type { KubeObject } from '../../src/kube/object.ts';
import { CLUSTER_CONTROLLERS } from '../../src/lock/controllers.ts';
import { grantVerifier } from '../../src/lock/grant-verifier.ts';
import { generateKeyRing } from '../../src/lock/keys.ts';
import type { RecordLookup } from '../../src/lock/record.ts';
import { selfSigned, serve } from '../admission/serving.ts';

/** What the webhook answered. */
export interface Answered {
  readonly status: number;
  readonly text: string;
}

/** The webhook as the operator serves it, on a cluster that holds what it is told. */
export interface Webhook {
  post(path: string, body: Buffer | string): Promise<Answered>;
  /** What went wrong inside, since it was last asked. */
  faults(): readonly unknown[];
  stop(): Promise<void>;
}

/** What the webhook finds when it looks. */
export interface Holdings {
  readonly now: Date;
  readonly lookup: (uid: string) => RecordLookup;
  readonly transaction: KubeObject;
}

/** Serves every handler of ours over TLS. Everybody may impersonate, so that no answer hangs on that. */
export async function startWebhook({ now, lookup, transaction }: Holdings): Promise<Webhook> {
  const bundle = await selfSigned();
  const verifier = grantVerifier(generateKeyRing(now));
  const faults: unknown[] = [];
  const mayImpersonate = (): Promise<boolean> => Promise.resolve(true);
  const server = await serve(bundle, {
    handlers: {
      [PATHS.locks]: validateLocks({
        verifier: () => verifier,
        lookup: (uid) => Promise.resolve(lookup(uid)),
        controllers: CLUSTER_CONTROLLERS,
        now: () => now,
        mayUnlock: () => Promise.resolve(false),
        breaking: () => Promise.reject(new Error('nobody may break a lock here')),
      }),
      [PATHS.mutate]: mutateResources(),
      [PATHS.validate]: validateResources({
        transactions: { faults: validateTransaction, mayImpersonate, ownUsername: 'system:serviceaccount:janus-system:janus' },
        resourceChanges: {
          faults: (object, old, owner) => validateResourceChange(object, old, owner, { systemNamespace: 'janus-system' }),
          readTransaction: () => Promise.resolve(transaction),
          mayImpersonate,
          collectors: new Set(COLLECTORS),
        },
      }),
    },
    observer: { faulted: (_path, _uid, error) => void faults.push(error) },
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 8, ca: bundle.authorities });
  return {
    post: (path, body) => post(agent, `https://127.0.0.1:${String(server.port)}${path}`, body),
    faults: () => faults.splice(0),
    stop: async () => {
      agent.destroy();
      await server.close(0);
    },
  };
}

function post(agent: Agent, url: string, body: Buffer | string): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
