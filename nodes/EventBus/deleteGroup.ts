/**
 * Channel → Delete Group: ends the collecting for a group that nobody reads any more.
 */
import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { EventBusError } from '../../src/kernel/errors';
import { eachItem } from '../shared/eachItem';
import { withLink, type Link } from './link';
import { readGroup, type GroupSettings } from './settings';

export async function deleteGroup(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await withLink(
		context,
		async (link) =>
			await eachItem(context, async (itemIndex) => {
				const settings = readGroup(context, itemIndex);
				await refuseIfInUse(link, settings);
				const { of, group } = settings;
				const { topology } = link.connection;
				const changes = await topology.plan({ present: [], absent: [{ kind: 'group', of, group }] }, link.call);
				await topology.apply(changes, link.call);
				return [
					{
						json: { deleted: changes.length > 0, group, changes: changes.map(({ summary }) => summary) },
						pairedItem: { item: itemIndex },
					},
				];
			}),
	);
}

/** A trigger whose group is deleted under it would make a new one, without the events in between. */
async function refuseIfInUse({ connection, call }: Link, { of, group, evenIfInUse }: GroupSettings): Promise<void> {
	if (evenIfInUse) return;
	const [state] = await connection.topology.inspect([of], call);
	const consumers = state?.groups.find((known) => known.group === group)?.consumers ?? 0;
	if (consumers === 0) return;
	throw new EventBusError(
		'conflict',
		`The group ${group} is read by ${consumers} consumer${consumers === 1 ? '' : 's'}`,
		{
			hint: 'Deactivate the workflows that read it first, or switch on Even If in Use',
		},
	);
}
