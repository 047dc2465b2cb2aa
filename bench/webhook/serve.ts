import { createAuthority, createServingCertificate } from '../../src/admission/certificates.ts';
import { startWebhookServer } from '../../src/admission/server.ts';
import { PATHS } from '../../src/admission/webhook-configuration.ts';
import { lockHandler } from './guard.ts';

// A process of its own, so that it can be given one core: says on which port it answers, and ends with whoever started it.
const authority = await createAuthority(Date.now());
const certificate = await createServingCertificate(authority, ['127.0.0.1'], Date.now());
const server = await startWebhookServer({ handlers: { [PATHS.locks]: lockHandler() }, certificate, port: 0, host: '127.0.0.1' });
process.stdin.resume().on('end', () => process.exit(0));
process.stdout.write(`${String(server.port)}\n`);
