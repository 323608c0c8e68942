/** What a waiting subscription listens to: something about the deliveries of its group has changed. */
export function groupTopic(group: number): string {
	return `broker-group:${group}`;
}
