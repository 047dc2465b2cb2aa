import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { ApiStatus } from '../../src/kube/errors.ts';
import { LOCK_OBJECT_SELECTOR, lockMatchConditions } from '../../src/lock/match-condition.ts';
import { certificate } from '../control-plane/certificate.ts';

/** The `request` of a review, as far as tests look into it. */
export interface ProbedRequest {
  readonly uid: string;
  readonly operation: string;
  readonly resource: { readonly group: string; readonly resource: string };
  readonly subResource?: string;
  readonly name?: string;
  readonly namespace?: string;
}

/** A webhook that writes down what it is asked. */
export interface WebhookProbe {
  readonly requests: readonly ProbedRequest[];
  /** `UPDATE configmaps`, `DELETE deployments/scale`. */
  seen(): readonly string[];
  forget(): void;
  /** How it answers from now on; undefined allows. */
  answer: (request: ProbedRequest) => ApiStatus | undefined | Promise<ApiStatus | undefined>;
  /** The ValidatingWebhookConfiguration that brings locks to this probe. */
  readonly configuration: { readonly metadata: { readonly name: string }; readonly [member: string]: unknown };
  stop(): Promise<void>;
}

/** Serves the lock webhook over TLS on a free port of this machine, with a certificate made for it. */
export async function startWebhookProbe(): Promise<WebhookProbe> {
  const issuer = { commonName: 'probe', ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) };
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ca = certificate({ commonName: 'probe', use: 'ca', publicKey: issuer.publicKey }, issuer);
  const cert = certificate(
    { commonName: 'localhost', use: 'server', names: { dns: ['localhost'], ip: ['127.0.0.1'] }, publicKey: own.publicKey },
    issuer,
  );
  const requests: ProbedRequest[] = [];
  const server = createServer({ cert, key: own.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }, (incoming, response) => {
    void (async () => {
      const { request } = JSON.parse(await text(incoming)) as { request: ProbedRequest };
      requests.push(request);
      const status = await probe.answer(request);
      const answer = status === undefined ? { uid: request.uid, allowed: true } : { uid: request.uid, allowed: false, status };
      response
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: answer }));
    })();
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const probe: WebhookProbe = {
    requests,
    seen: () => requests.map(describeRequest),
    forget: () => void requests.splice(0),
    answer: () => undefined,
    configuration: configurationFor(`https://127.0.0.1:${port}/`, ca),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return probe;
}

function describeRequest({ operation, resource, subResource }: ProbedRequest): string {
  return `${operation} ${resource.resource}${subResource ? `/${subResource}` : ''}`;
}

function configurationFor(url: string, ca: string): WebhookProbe['configuration'] {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: 'lock-probe' },
    webhooks: [
      {
        name: 'lock.tx.janus.io',
        clientConfig: { url, caBundle: Buffer.from(ca).toString('base64') },
        rules: [{ apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'], operations: ['CREATE', 'UPDATE', 'DELETE'], scope: '*' }],
        objectSelector: LOCK_OBJECT_SELECTOR,
        matchConditions: lockMatchConditions(),
        matchPolicy: 'Equivalent',
        failurePolicy: 'Fail',
        sideEffects: 'None',
        timeoutSeconds: 5,
        admissionReviewVersions: ['v1'],
      },
    ],
  };
}
