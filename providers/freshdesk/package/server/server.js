/**
 * Tells the Handrail service which ticket moved. Only ids leave: the service reads the ticket itself.
 *
 * The platform allows 50 calls a minute to an app, and agents who open tickets need most of them. So of the events only
 * new tickets and messages of customers go on, at most 20 a minute and each tried once. What is left out here, the
 * service finds by asking Freshdesk for changed tickets every few minutes: events degrade before the sidebar does.
 */
const EVENTS_A_MINUTE = 20;
const MINUTE_MS = 60000;
const COUNTER = 'forwarded';

exports = {
  onTicketCreate: function (args) {
    return forwardWithinShare(args);
  },
  onConversationCreate: function (args) {
    const conversation = args.data.conversation;
    if (conversation.incoming !== true || conversation.private === true) {
      return Promise.resolve();
    }
    return forwardWithinShare(args);
  },
  onAppInstall: function (args) {
    return forward(args).then(
      function () {
        renderData();
      },
      function (error) {
        renderData({ message: whyNot(error.status) });
      }
    );
  },
  onAppUninstall: function (args) {
    return forward(args).then(
      function () {
        renderData();
      },
      function () {
        renderData(); // whoever wants to leave may, also when the service is gone
      }
    );
  }
};

async function forwardWithinShare(args) {
  if (!(await takeShare())) {
    return;
  }
  try {
    await forward(args);
  } catch (error) {
    console.error('Handrail did not take the event: status ' + error.status);
  }
}

async function takeShare() {
  const minute = Math.floor(Date.now() / MINUTE_MS);
  try {
    const known = await counted();
    const count = known.minute === minute ? known.count : 0;
    if (count >= EVENTS_A_MINUTE) {
      return false;
    }
    await $db.set(COUNTER, { minute: minute, count: count + 1 });
    return true;
  } catch (error) {
    console.error('The store is busy, so the event is left to the next look: status ' + error.status);
    return false;
  }
}

async function counted() {
  try {
    return await $db.get(COUNTER);
  } catch (error) {
    if (error.status === 404) {
      return { minute: 0, count: 0 };
    }
    throw error;
  }
}

function forward(args) {
  return $request.invokeTemplate('forward', { body: JSON.stringify(envelope(args)) });
}

function envelope(args) {
  return {
    event: args.event,
    timestamp: args.timestamp,
    account_id: args.account_id,
    domain: args.domain,
    region: args.region,
    data: idsOf(args.data || {})
  };
}

function idsOf(data) {
  const kept = {};
  if (data.ticket) {
    kept.ticket = { id: data.ticket.id };
  }
  if (data.conversation) {
    const said = data.conversation;
    kept.conversation = { id: said.id, ticket_id: said.ticket_id, incoming: said.incoming, private: said.private };
  }
  if (data.actor) {
    kept.actor = { id: data.actor.id, type: data.actor.type };
  }
  return kept;
}

function whyNot(status) {
  if (status === 401) {
    return 'Handrail refused the account name or the installation key: copy both again.';
  }
  return 'Handrail could not be reached at that host: check the name, without https:// and without a port.';
}
