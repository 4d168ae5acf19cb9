"""Core: all services of the domain in one frozen value; the only thing that an API is given of it."""

from collections.abc import Callable

import msgspec

from printyard.core.access.credentials import Credentials
from printyard.core.access.oauth import OAuth
from printyard.core.access.requests import AccessRequests
from printyard.core.access.sessions import Sessions
from printyard.core.actions import Actions
from printyard.core.analysis import Analyses
from printyard.core.clusters import Clusters
from printyard.core.files import Files
from printyard.core.fleet.printers import Printers
from printyard.core.foreign_ids import ForeignIds
from printyard.core.groups import Groups
from printyard.core.history import History
from printyard.core.jobs.ordering import Ordering
from printyard.core.jobs.queue import Queue
from printyard.core.jobs.standings import Standings
from printyard.core.jobs.steering import Steering
from printyard.core.jobs.submitting import Submissions
from printyard.core.library import Library
from printyard.core.maintenance import Maintenance
from printyard.core.materials import Materials
from printyard.core.organizations import Organizations
from printyard.core.own_account import OwnAccount
from printyard.core.policies import Policies
from printyard.core.ports.time import Clock, Ids
from printyard.core.preparations import Preparations
from printyard.core.remarks import Remarks
from printyard.core.reports import Reports
from printyard.core.settings import Settings
from printyard.core.teams import Teams
from printyard.core.uploads import Uploads
from printyard.core.users import Accounts


class Core(msgspec.Struct, frozen=True, kw_only=True):
    """The house behind the doors. Every method of a service takes the Principal first."""

    printers: Printers
    jobs: Queue
    submissions: Submissions
    ordering: Ordering
    standings: Standings
    steering: Steering
    groups: Groups
    files: Files
    uploads: Uploads
    library: Library
    reports: Reports
    analyses: Analyses
    preparations: Preparations
    materials: Materials
    access: AccessRequests
    accounts: Accounts
    own_account: OwnAccount
    organizations: Organizations
    teams: Teams
    oauth: OAuth
    credentials: Credentials
    sessions: Sessions
    history: History
    settings: Settings
    policies: Policies
    clusters: Clusters
    maintenance: Maintenance
    actions: Actions
    remarks: Remarks
    foreign_ids: Callable[[str], ForeignIds]
    """The ids that a dialect gives to the yard's things, by the dialect's name."""
    clock: Clock
    ids: Ids
    epoch: str
    """Of this boot: what was counted before it began has another."""
