import type { Express, NextFunction, Request, Response } from 'express';
import express from 'express';
import type { BodyLimits } from './body.ts';
import { readJson, UnreadableBody } from './body.ts';
import type { AdmissionObserver, Handler } from './handle.ts';
import { handleReview } from './handle.ts';
import { MalformedReview } from './review.ts';

export interface RouteOptions {
  /** Handlers by absolute path; one that ends in a slash serves what is directly below it. */
  readonly handlers: Readonly<Record<string, Handler>>;
  readonly observer: AdmissionObserver;
  readonly limits: BodyLimits;
  /** True while connections are to be given up: every answer then says `Connection: close`. */
  readonly draining: () => boolean;
}

/** The HTTP shell: POST of an AdmissionReview to a known path is answered, everything else refused with words. */
export function routes(options: RouteOptions): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').enable('case sensitive routing').enable('strict routing').set('query parser', false);
  for (const [path, handler] of Object.entries(options.handlers)) {
    // The root itself is a path like any other.
    const served = path.length > 1 && path.endsWith('/') ? `${path}:below` : path;
    app.post(served, async (request, response) => {
      const body = await readJson(request, options.limits);
      const { below } = request.params;
      const answered = await handleReview(path, body, handler, options.observer, typeof below === 'string' ? below : '');
      send(response, 200, 'application/json', JSON.stringify(answered), options.draining());
    });
    app.all(served, (_request, response) => {
      response.setHeader('Allow', 'POST');
      refuse(response, 405, 'Only POST of an AdmissionReview is answered here.');
    });
  }
  app.use((_request, response) => refuse(response, 404, 'There is no webhook at this path.'));
  app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => fail(error, response));
  return app;
}

function fail(error: unknown, response: Response): void {
  if (response.headersSent || response.destroyed) response.destroy();
  else if (error instanceof UnreadableBody) refuse(response, error.code, error.message);
  else if (error instanceof MalformedReview) refuse(response, 400, error.message);
  else refuse(response, isBadUrl(error) ? 400 : 500, isBadUrl(error) ? 'The path is not valid.' : 'Internal fault.');
}

// Express throws this for a path with a broken percent escape.
function isBadUrl(error: unknown): boolean {
  return error instanceof URIError;
}

// The body may be unread and its sender hostile: the connection is not used again.
function refuse(response: Response, code: number, message: string): void {
  send(response, code, 'text/plain; charset=utf-8', `${message}\n`, true);
}

function send(response: Response, code: number, type: string, text: string, close: boolean): void {
  if (close) response.setHeader('Connection', 'close');
  response.writeHead(code, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) }).end(text);
}
