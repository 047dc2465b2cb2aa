import { Agent, request } from 'node:https';
import type { Credentials } from './pki.ts';

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Who asks: a client certificate, or a bearer token, or nobody. */
export type Asker = { readonly certificate: Credentials } | { readonly token: string } | { readonly anonymous: true };

/** One connection's worth of API server, for what must work before any client of ours does. */
export class Api {
  private readonly agent: Agent;
  private readonly server: string;
  private readonly headers: Readonly<Record<string, string>>;

  constructor(server: string, ca: string, asker: Asker) {
    this.server = server;
    this.headers = 'token' in asker ? { authorization: `Bearer ${asker.token}` } : {};
    const own = 'certificate' in asker ? { cert: asker.certificate.cert, key: asker.certificate.key } : {};
    this.agent = new Agent({ keepAlive: true, ca, ...own });
  }

  /** Sends one request with an optional JSON body and returns whatever is answered. Throws when nothing is within 5 s. */
  ask(method: string, path: string, body?: unknown): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const headers = { ...this.headers, accept: 'application/json', ...(body !== undefined && { 'content-type': 'application/json' }) };
      const sent = request(`${this.server}${path}`, { method, agent: this.agent, headers, timeout: 5_000 }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
        response.on('error', reject);
      });
      sent.on('timeout', () => sent.destroy(new Error(`${method} ${path}: no answer within 5 s`)));
      sent.on('error', reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** True when the path is answered with 200 now. */
  async has(path: string): Promise<boolean> {
    return this.ask('GET', path).then(
      ({ status }) => status === 200,
      () => false,
    );
  }

  close(): void {
    this.agent.destroy();
  }
}
