import { ConfigError } from '../kube/config-error.ts';
import { ApiError, TransportError } from '../kube/errors.ts';
import { SecondInstallationError } from '../operator/other-installation.ts';
import { NotRemovedError } from '../operator/removal/remove.ts';
import { NotInstalledError } from '../operator/requirements.ts';
import { Fault } from './fault.ts';

type Row = (error: ApiError) => string | undefined;

/**
 * What to tell a person about an error: what is wrong, and what to do next. Undefined for an error that is none of the person's, but
 * a fault of ours.
 */
export function explain(error: unknown): string | undefined {
  if (error instanceof Fault) return error.message;
  if (error instanceof ConfigError) return sentence(error.message);
  if (error instanceof NotInstalledError || error instanceof SecondInstallationError || error instanceof NotRemovedError)
    return error.message;
  if (error instanceof TransportError) return explainSilence(error);
  if (error instanceof ApiError) return ANSWERS.map((row) => row(error)).find((words) => words !== undefined);
  return undefined;
}

function explainSilence(error: TransportError): string {
  if (error.neverSent) {
    return `The API server cannot be reached: ${error.message}. Check that the cluster runs and that the context is the right one ("kubectl config current-context").`;
  }
  return `The API server did not answer: ${error.message}. Look whether it took effect ("kubectl get transactions,resourcechanges") before you repeat it.`;
}

/** From the particular to the general; the last one always answers. */
const ANSWERS: readonly Row[] = [
  (error) =>
    error.code === 401
      ? 'The API server does not accept your credentials: log in again, or choose another context with --context.'
      : undefined,
  forbidden,
  (error) => (error.code === 403 ? `The API server refuses: ${ended(error.message)}` : undefined),
  notFound,
  (error) => (error.code === 409 ? `${sentence(error.message)} Somebody changed it at the same time: look at it, then repeat.` : undefined),
  (error) => (error.code === 413 ? 'This is more than the API server accepts in one object (about 1.5 MB): split it.' : undefined),
  invalid,
  (error) =>
    /failed calling webhook/.test(error.message)
      ? `The admission webhook does not answer: check that the operator runs. (${error.message})`
      : undefined,
  (error) =>
    error.code === 429 || error.code >= 500
      ? `The API server cannot do this now: ${ended(error.message)} Wait a little, then repeat.`
      : undefined,
  (error) => `The API server refuses: ${ended(error.message)}`,
];

/** The authorizer's words, as an API server writes them for every resource. */
function forbidden(error: ApiError): string | undefined {
  const match = /User "(.+?)" cannot (\S+) resource "(.+?)" in API group "(.*?)"(?: in the namespace "(.+?)")?/.exec(error.message);
  if (error.code !== 403 || match === null) return undefined;
  const [, user = '', verb = '', resource = '', group = '', namespace] = match;
  const what = group === '' ? resource : `${resource}.${group}`;
  const where = namespace === undefined ? 'in the cluster' : `in namespace ${namespace}`;
  return `User "${user}" may not ${verb} ${what} ${where}: ask an administrator for a role that allows it, or choose another context with --context.`;
}

function notFound(error: ApiError): string | undefined {
  if (error.code !== 404) return undefined;
  const { kind, name } = error.status.details ?? {};
  if (kind === 'namespaces') return `Namespace ${name ?? ''} does not exist: create it, or name another one with -n.`;
  if (name !== undefined && name !== '') return `${sentence(error.message)} Check the name and the namespace (-n).`;
  return 'This cluster does not know Transactions (tx.janus.io/v1alpha1): install Janus in it, or choose another context with --context.';
}

function invalid(error: ApiError): string | undefined {
  if (error.code !== 422 && error.code !== 400) return undefined;
  const causes = (error.status.details?.causes ?? []).map(({ field, message }) =>
    [field, message].filter((part) => part !== undefined && part !== '').join(': '),
  );
  const why = causes.length > 0 ? [...new Set(causes)].join('; ') : error.message;
  return `The API server does not accept this: ${ended(why)}`;
}

function sentence(text: string): string {
  return ended(text.charAt(0).toUpperCase() + text.slice(1));
}

function ended(text: string): string {
  return /[.!?)"]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`;
}
