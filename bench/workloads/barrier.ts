import { createServer } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import forge from 'node-forge';
import { BARRIER_WEBHOOK } from '../measure/requests.ts';
import type { ApiServer } from '../site/api-server.ts';

const CONFIGURATIONS = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations';
const NAME = 'bench-barrier';

/** The label of objects that the barrier looks at. */
export const BARRIER_LABEL = 'bench.janus.example/barrier';

/** An admission webhook that keeps one kind of write waiting, and with it the transaction that made it. */
export interface Barrier {
  /** Resolves when a write waits at it. */
  readonly reached: Promise<void>;
  /** Lets it through, and all that come later. */
  open(): void;
  /** Removes it from the control plane. */
  remove(): Promise<void>;
}

/** The part of an AdmissionReview that decides. */
interface Review {
  readonly request: {
    readonly uid: string;
    readonly dryRun?: boolean;
    readonly object?: { readonly data?: Readonly<Record<string, string>> };
    readonly oldObject?: { readonly data?: Readonly<Record<string, string>> };
  };
}

/** Puts the barrier up in `namespace`: an update that changes `data.value` of a labelled ConfigMap waits there. */
export async function putUpBarrier(api: ApiServer, namespace: string): Promise<Barrier> {
  const { certificate, key } = selfSigned();
  const opened = signal();
  const reached = signal();
  const server = createServer({ cert: certificate, key }, (request, response) => {
    void bodyOf(request).then(async (body) => {
      const review = JSON.parse(body) as Review;
      if (isHeld(review)) {
        reached.give();
        await opened.given;
      }
      response.setHeader('content-type', 'application/json');
      const answer = { uid: review.request.uid, allowed: true };
      response.end(JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: answer }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await api.must('POST', CONFIGURATIONS, configuration(namespace, `https://127.0.0.1:${port}/`, certificate));
  return {
    reached: reached.given,
    open: () => opened.give(),
    remove: async () => {
      opened.give();
      await api.send('DELETE', `${CONFIGURATIONS}/${NAME}`);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

// A lock changes a label and a dry run changes nothing: only the change itself is to wait.
function isHeld({ request }: Review): boolean {
  return request.dryRun !== true && request.object?.data?.['value'] !== request.oldObject?.data?.['value'];
}

function configuration(namespace: string, url: string, certificate: string): object {
  const rule = { apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'], operations: ['UPDATE'] };
  const webhook = {
    name: BARRIER_WEBHOOK,
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
    failurePolicy: 'Ignore',
    timeoutSeconds: 30,
    rules: [rule],
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
    objectSelector: { matchExpressions: [{ key: BARRIER_LABEL, operator: 'Exists' }] },
    clientConfig: { url, caBundle: Buffer.from(certificate).toString('base64') },
  };
  const metadata = { name: NAME };
  return { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingWebhookConfiguration', metadata, webhooks: [webhook] };
}

function selfSigned(): { certificate: string; key: string } {
  const keys = forge.pki.rsa.generateKeyPair(2048);
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = keys.publicKey;
  certificate.serialNumber = '01';
  certificate.validity.notBefore = new Date(Date.now() - 60_000);
  certificate.validity.notAfter = new Date(Date.now() + 86_400_000);
  const name = [{ name: 'commonName', value: '127.0.0.1' }];
  certificate.setSubject(name);
  certificate.setIssuer(name);
  certificate.setExtensions([
    { name: 'basicConstraints', cA: true },
    { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
  ]);
  certificate.sign(keys.privateKey, forge.md.sha256.create());
  return { certificate: forge.pki.certificateToPem(certificate), key: forge.pki.privateKeyToPem(keys.privateKey) };
}

function signal(): { readonly given: Promise<void>; give(): void } {
  let give = (): void => {};
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { given, give: () => give() };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
