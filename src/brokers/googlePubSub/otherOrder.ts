/**
 * A group that changes its order: Google cannot, so it gets another subscription, and the former one has to be empty.
 */
import type { CallOptions, SubscribeOptions } from '../../broker/types';
import { EventBusError } from '../../kernel/errors';
import { readMembers } from './labels';
import type { Sources } from './sources';

/**
 * Removes the former subscription if it is empty and unread. What came to both is recognised as a duplicate.
 *
 * @param isNew whether the one that is wanted was made just now
 * @throws EventBusError `conflict`
 */
export async function leaveOtherOrder(
	sources: Sources,
	options: SubscribeOptions,
	isNew: boolean,
	call: CallOptions,
): Promise<void> {
	const { from, group, ordered, lifetime, provision } = options;
	if (lifetime === 'ephemeral' || provision !== 'create') return;
	const { resources } = sources;
	const path = sources.groupSubscription(from, group, { lifetime, ordered: !ordered });
	const former = await resources.find(path, call);
	if (!former) return;
	const isRead = readMembers(former.labels).some(({ until }) => until > Date.now());
	if (!isRead && (await sources.isEmpty(path, call))) {
		await resources.removeSubscription(path, call);
		return;
	}
	if (isNew) await resources.removeSubscription(sources.groupSubscription(from, group, options), call);
	const [is, wanted] = ordered ? ['without', 'with'] : ['with', 'without'];
	throw new EventBusError(
		'conflict',
		`The consumer group ${group} still ${isRead ? 'is read' : 'has events'} ${is} Order by key`,
		{
			hint: `Let it read what waits ${is} it first; or use another consumer group ${wanted} it, or delete this one (Channel → Delete Group) and lose what waits`,
		},
	);
}
