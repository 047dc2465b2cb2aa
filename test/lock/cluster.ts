import { Agent, request } from 'node:https';
import type { KubeObject } from '../../src/kube/object.ts';
import { startControlPlane, type ControlPlane } from '../control-plane/start.ts';
import { startWebhookProbe, type WebhookProbe } from './webhook-probe.ts';

/** What the API server answered: an object, a list or a Status. */
export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: KubeObject & {
    readonly message?: string;
    readonly reason?: string;
    readonly details?: Readonly<Record<string, unknown>>;
    readonly items?: readonly KubeObject[];
  };
}

export interface Sent {
  readonly body?: unknown;
  /** Content type of a patch. */
  readonly as?: 'merge-patch+json' | 'json-patch+json' | 'apply-patch+yaml';
  readonly headers?: Readonly<Record<string, string>>;
}

/** A control plane whose writes to locked objects come to a probe. */
export interface GuardedCluster {
  readonly plane: ControlPlane;
  readonly probe: WebhookProbe;
  send(method: string, path: string, sent?: Sent): Promise<Answered>;
  /** Like `send`, and throws unless it is done. */
  done(method: string, path: string, sent?: Sent): Promise<KubeObject>;
  stop(): Promise<void>;
}

/** Starts both, and waits until the API server really calls the probe. */
export async function startGuardedCluster(): Promise<GuardedCluster> {
  const [plane, probe] = await Promise.all([startControlPlane({ log: () => undefined }), startWebhookProbe()]);
  const agent = new Agent({ keepAlive: true, ca: plane.ca, cert: plane.admin.cert, key: plane.admin.key });
  const send: GuardedCluster['send'] = (method, path, sent = {}) => ask(agent, `${plane.server}${path}`, method, sent);
  const cluster: GuardedCluster = {
    plane,
    probe,
    send,
    done: async (method, path, sent) => {
      const { status, body } = await send(method, path, sent);
      if (status >= 300) throw new Error(`${method} ${path}: ${status} ${body.message ?? ''}`);
      return body;
    },
    stop: async () => {
      agent.destroy();
      await Promise.all([plane.stop(), probe.stop()]);
    },
  };
  await cluster.done('POST', '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations', { body: probe.configuration });
  await eventually('the probe is called', async () => {
    const labels = { 'tx.janus.io/lock': '0e1f2a3b-4c5d-4e6f-8a9b-0c1d2e3f4a5b.1.c-00000000' };
    await send('POST', '/api/v1/namespaces/default/configmaps?dryRun=All', { body: { metadata: { name: 'is-it-there', labels } } });
    return probe.requests.length > 0;
  });
  probe.forget();
  return cluster;
}

/** Asks until the answer is yes; throws after two minutes. */
export async function eventually(what: string, ask: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 120_000;
  while (!(await ask())) {
    if (Date.now() > end) throw new Error(`Not within two minutes: ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function ask(agent: Agent, url: string, method: string, { body, as, headers = {} }: Sent): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    // Node sends the body of a DELETE without its length unless it is told.
    const type = text === undefined ? {} : { 'content-type': `application/${as ?? 'json'}`, 'content-length': Buffer.byteLength(text) };
    const sent = request(
      url,
      { method, agent, timeout: 20_000, headers: { accept: 'application/json', ...type, ...headers } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => void chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: bodyOf(Buffer.concat(chunks).toString()) });
        });
      },
    );
    sent.on('timeout', () => sent.destroy(new Error(`${method} ${url}: no answer`)));
    sent.on('error', reject);
    sent.end(text);
  });
}

// Paths that are not served (yet) are answered in plain text.
function bodyOf(answered: string): Answered['body'] {
  return answered.startsWith('{')
    ? (JSON.parse(answered) as Answered['body'])
    : { apiVersion: '', kind: '', metadata: {}, message: answered };
}
