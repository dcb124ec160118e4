import { request, type Agent } from 'node:http';

/** Apache itself gives up after a minute. */
const PATIENCE = 90_000;

/** POSTs a document over the agent's connections; gives the status, 0 if there was no whole answer. */
export function post(url: string, agent: Agent, body: string): Promise<number> {
  return new Promise((resolve) => {
    const options = {
      method: 'POST',
      agent,
      headers: { 'content-type': 'application/xml', 'content-length': Buffer.byteLength(body) },
      timeout: PATIENCE,
    };
    const outgoing = request(url, options, (response) => {
      response.resume();
      response.on('end', () => {
        resolve(response.statusCode ?? 0);
      });
      // cut in the middle of the answer: the sensor does not know
      response.on('close', () => {
        resolve(0);
      });
      response.on('error', () => undefined);
    });
    outgoing.on('error', () => {
      resolve(0);
    });
    outgoing.on('timeout', () => outgoing.destroy());
    outgoing.end(body);
  });
}
