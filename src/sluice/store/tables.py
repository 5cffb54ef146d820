"""Every table class on one transaction: what a call reaches the data through."""

from __future__ import annotations

from sluice.store.alerts import Alerts
from sluice.store.applications import Applications
from sluice.store.calendar import Calendar
from sluice.store.checklists import Checklists
from sluice.store.clock import StoredClock
from sluice.store.comments import Comments
from sluice.store.credentials import Credentials
from sluice.store.database import Transaction
from sluice.store.departments import Departments
from sluice.store.efficiency import EfficiencyLedger
from sluice.store.elapsed import ElapsedTime
from sluice.store.facts import Facts
from sluice.store.flows import Flows
from sluice.store.groups import Groups
from sluice.store.jobs import Jobs
from sluice.store.limit_use import LimitUse
from sluice.store.notifications import Notifications
from sluice.store.offline_events import OfflineEvents
from sluice.store.outbox import Outbox
from sluice.store.portal_state import PortalStates
from sluice.store.sessions import Sessions
from sluice.store.stages import Stages
from sluice.store.subscriptions import Subscriptions
from sluice.store.tasks import Tasks
from sluice.store.templates import Templates
from sluice.store.user_fields import UserFields
from sluice.store.users import Users


class Store:
    """The tables of one portal."""

    def __init__(self, transaction: Transaction) -> None:
        self.transaction = transaction
        self.alerts = Alerts(transaction)
        self.applications = Applications(transaction)
        self.calendar = Calendar(transaction)
        self.checklists = Checklists(transaction)
        self.clock = StoredClock(transaction)
        self.comments = Comments(transaction)
        self.credentials = Credentials(transaction)
        self.departments = Departments(transaction)
        self.efficiency = EfficiencyLedger(transaction)
        self.elapsed = ElapsedTime(transaction)
        self.facts = Facts(transaction)
        self.flows = Flows(transaction)
        self.groups = Groups(transaction)
        self.jobs = Jobs(transaction)
        self.limit_use = LimitUse(transaction)
        self.notifications = Notifications(transaction)
        self.offline_events = OfflineEvents(transaction)
        self.outbox = Outbox(transaction)
        self.portal = PortalStates(transaction)
        self.sessions = Sessions(transaction)
        self.stages = Stages(transaction)
        self.subscriptions = Subscriptions(transaction)
        self.tasks = Tasks(transaction)
        self.templates = Templates(transaction)
        self.user_fields = UserFields(transaction)
        self.users = Users(transaction)
