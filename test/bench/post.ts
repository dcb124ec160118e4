/** POSTs, each with a connection of its own: Apache closes those that are kept now and then. */
import { Agent, request } from 'node:http';

const agent = new Agent({ keepAlive: false, maxSockets: 16 });

/** @returns the answer's status */
export function post(url: string, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/xml',
      'content-length': Buffer.byteLength(body),
    };
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume().on('end', () => {
        resolve(response.statusCode ?? 0);
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
