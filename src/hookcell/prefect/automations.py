"""Not in hookcell. Hooks do what automations do."""

from hookcell.prefect.elsewhere import stubs_of

_INSTEAD = "write a hook: it runs when a run changes its state"
_NAMES = """
Automation AutomationCore CallWebhook CancelFlowRun ChangeFlowRunState CompoundTrigger DoNothing EventTrigger
MetricTrigger Posture RunDeployment SendNotification SequenceTrigger
"""
__getattr__ = stubs_of("automations", _INSTEAD, _NAMES)
