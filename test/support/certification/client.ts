import type { VarlinkClient } from '../../../src/varlink/index.ts';
import { description } from './org.varlink.certification.ts';

/** Goes through the conversation as the client. True when the service found nothing wrong. */
export async function certify(client: VarlinkClient): Promise<boolean> {
  const service = client.use(description);
  const { client_id } = await service.call('Start');
  const { bool } = await service.call('Test01', { client_id });
  const { int } = await service.call('Test02', { client_id, bool });
  const { float } = await service.call('Test03', { client_id, int });
  const { string } = await service.call('Test04', { client_id, float });
  const four = await service.call('Test05', { client_id, string });
  const { struct } = await service.call('Test06', { client_id, ...four });
  const { map } = await service.call('Test07', { client_id, struct });
  const { set } = await service.call('Test08', { client_id, map });
  const { mytype } = await service.call('Test09', { client_id, set });
  const last_more_replies: string[] = [];
  for await (const reply of service.stream('Test10', { client_id, mytype })) last_more_replies.push(reply.string);
  service.oneway('Test11', { client_id, last_more_replies });
  const { all_ok } = await service.call('End', { client_id });
  return all_ok;
}
