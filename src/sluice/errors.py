"""Every refusal the wire can answer with: code, HTTP status, words.

A refusal is raised where it is known and caught by the gateway alone. Anything that is not a
`RestError` is a bug of ours and becomes `InternalServerError`.

Source: rest-protocol.md 6 and 7; flows.md 3.0. Codes are never empty and never numbers, because
clients lose the words then (rest-protocol.md 7.4; settled 1).
"""

from __future__ import annotations

from typing import ClassVar


class RestError(Exception):
    """A refusal in the protocol's own words.

    Attributes:
        code: what clients compare, exact in case.
        status: the HTTP status.
        description: the words; a class may leave them to its instances.
        extra: further members of the body, as `argument` of `ERROR_ARGUMENT`.
    """

    code: ClassVar[str]
    status: ClassVar[int]
    description: str = ""

    def __init__(self, description: str | None = None, **extra: object) -> None:
        if description is not None:
            self.description = description
        self.extra = extra
        super().__init__(self.description)


# The system: transport, credentials, dispatch (rest-protocol.md 7.2)


class InternalServerError(RestError):
    code, status, description = "INTERNAL_SERVER_ERROR", 500, "Internal server error"


class StoreUnavailable(InternalServerError):
    """The store cannot keep the call's change; the description says why and what to do."""

    status = 503


class OutOfMemory(InternalServerError):
    """The process was given no more memory while it worked on the call."""

    status = 503
    description = (
        "The server has no memory left for this call. Make it smaller, or give the server more"
        " memory."
    )


class InvalidRequest(RestError):
    code, status = "INVALID_REQUEST", 400


class UnexpectedAnswer(RestError):
    code, status = "ERROR_UNEXPECTED_ANSWER", 500
    description = "Server returned an unexpected response"


class OverloadLimit(RestError):
    code, status, description = "OVERLOAD_LIMIT", 503, "REST API is blocked due to overload"


class OperationTimeLimit(RestError):
    code, status = "OPERATION_TIME_LIMIT", 429
    description = "Method is blocked due to operation time limit."


class PortalDeleted(RestError):
    code, status, description = "PORTAL_DELETED", 403, "Portal was deleted"


class ManifestNotAvailable(RestError):
    code, status = "ERROR_MANIFEST_IS_NOT_AVAILABLE", 404
    description = "Manifest is not available"


class PaymentRequired(RestError):
    code, status, description = "PAYMENT_REQUIRED", 401, "Subscription has been ended"


class ConnectionFailed(RestError):
    code, status = "CONNECTION_ERROR", 401
    description = "Error connecting to authorization server"


class MethodConfirmWaiting(RestError):
    code, status, description = "METHOD_CONFIRM_WAITING", 401, "Waiting for confirmation"


class MethodConfirmDenied(RestError):
    code, status, description = "METHOD_CONFIRM_DENIED", 403, "Method call denied"


class OnlyIntranetUser(RestError):
    # Quirk: no words are documented; these are ours (rest-protocol.md 7.2).
    code, status = "ALLOWED_ONLY_INTRANET_USER", 403
    description = "Allowed only for intranet users"


class HttpsRequired(InvalidRequest):
    description = "Https required."


class BodyTooLarge(InvalidRequest):
    status = 413


class HeadersTooLarge(InvalidRequest):
    status = 431


class HeadersTooLate(InvalidRequest):
    status = 408


class WrongEncoding(RestError):
    # Quirk: the vendor finds this out while encoding its answer and sends it with status 200; we
    # look at the input and may say 400 (rest-protocol.md 7.6).
    code, status, description = "WRONG_ENCODING", 400, "Wrong request encoding"


class MethodNotFound(RestError):
    code, status, description = "ERROR_METHOD_NOT_FOUND", 404, "Method not found!"


class BatchMethodNotAllowed(RestError):
    code, status = "ERROR_BATCH_METHOD_NOT_ALLOWED", 405
    description = "Method is not allowed for batch usage"


class BatchLengthExceeded(RestError):
    # Quirk: said of each command after the fiftieth, inside an answer of status 200.
    code, status = "ERROR_BATCH_LENGTH_EXCEEDED", 400
    description = "Max batch length exceeded"


class QueryLimitExceeded(RestError):
    code, status, description = "QUERY_LIMIT_EXCEEDED", 503, "Too many requests"


class NoAuthFound(RestError):
    code, status, description = "NO_AUTH_FOUND", 401, "Wrong authorization data"


class GuessedWrong(RestError):
    """A secret was sent that nobody has; whoever sends many of them has to wait."""


class InvalidCredentials(GuessedWrong):
    code, status, description = "INVALID_CREDENTIALS", 401, "Invalid request credentials"


class InvalidToken(GuessedWrong):
    code, status, description = "invalid_token", 401, "Unable to get application by token"


class AuthorizationError(RestError):
    code, status, description = "authorization_error", 401, "Unable to authorize user"


class InsufficientScope(RestError):
    code, status = "insufficient_scope", 401
    description = "The request requires higher privileges than provided by the webhook token"


class InsufficientTokenScope(InsufficientScope):
    description = "The request requires higher privileges than provided by the access token"


class ExpiredToken(RestError):
    # The only refusal that makes clients refresh their token (rest-protocol.md 7.7).
    code, status, description = "expired_token", 401, "The access token provided has expired."


class ApplicationNotFound(RestError):
    code, status, description = "APPLICATION_NOT_FOUND", 401, "Application not found"


class ApplicationNotInstalled(RestError):
    code, status, description = "ERROR_OAUTH", 401, "Application not installed"


class UserAccessError(RestError):
    code, status = "user_access_error", 403
    description = "The user does not have access to the application."


class AccessDenied(RestError):
    """The method needs another caller than this one (rest-protocol.md 7.5)."""

    code, status = "ACCESS_DENIED", 403


class ApplicationContextRequired(AccessDenied):
    description = "Access denied! Application context required"


class EventsNeedAdministrator(AccessDenied):
    """Something about events is the administrator's; the words say what (rest-protocol.md 15.1)."""

    def __init__(self, what: str = "") -> None:
        needed = f" {what} requires administrator access rights" if what else ""
        super().__init__(f"Access denied!{needed}")


class WrongAuthType(RestError):
    code, status = "WRONG_AUTH_TYPE", 403
    description = (
        "Current authorization type is denied for this method Application context required"
    )


class EventUnknown(RestError):
    code, status, description = "ERROR_EVENT_NOT_FOUND", 400, "Event not found"


class EventBindingExists(RestError):
    code, status = "ERROR_EVENT_BINDING_EXISTS", 400
    description = "Handler already binded"


class HandlerUnsupported(RestError):
    code, status = "ERROR_UNSUPPORTED_PROTOCOL", 400
    description = "The handler's address must begin with http:// or https://"


class HandlerWrong(RestError):
    code, status = "ERROR_WRONG_HANDLER_URL", 400
    description = "The handler's address cannot be used"


class RestNotInPlan(AccessDenied):
    description = "REST API is available only on commercial plans"


class AdministratorRequired(AccessDenied):
    description = "Access denied! Administrator authorization required"


# Requests for tokens (rest-protocol.md 13.4). A body without words has `error` alone.


class OAuthError(RestError):
    """A request for tokens is refused."""


class WrongClient(OAuthError):
    # Quirk: the one error of status 200.
    code, status = "wrong_client", 200


class InvalidClient(OAuthError, GuessedWrong):
    # Quirk: 400 where RFC 6749 has 401; a client's own tests expect it.
    code, status = "invalid_client", 400


class InvalidGrant(OAuthError, GuessedWrong):
    code, status = "invalid_grant", 400


class OAuthParameterMissing(OAuthError):
    code, status = "invalid_request", 400

    def __init__(self, name: str) -> None:
        super().__init__(f'No "{name}" parameter found')


class UnsupportedGrantType(OAuthError):
    code, status = "unsupported_grant_type", 400


class NotInstalled(OAuthError):
    code, status, description = "NOT_INSTALLED", 401, "Application not installed"


# Parameters (rest-protocol.md 6)


class ParameterError(RestError):
    code, status = "100", 400


class ParameterMissing(ParameterError):
    def __init__(self, name: str, suffix: str = "") -> None:
        super().__init__(f"Could not find value for parameter {{{name}}}{suffix}")


class ParameterInvalid(ParameterError):
    def __init__(self, name: str, shown: str, declared: str) -> None:
        super().__init__(
            f"Invalid value {{{shown}}} to match with parameter {{{name}}}. "
            f"Should be value of type {declared}."
        )


class ArgumentError(RestError):
    """A classic method does not take this argument."""

    code, status = "ERROR_ARGUMENT", 400


class CoreError(RestError):
    """A classic method refuses without a code of its own."""

    code, status = "ERROR_CORE", 400


class ArgumentMissing(ArgumentError):
    def __init__(self, name: str) -> None:
        super().__init__(f"Argument '{name}' is null or empty", argument=name)


class CoreAccessDenied(CoreError):
    description = "Access denied."


class CodeEmpty(RestError):
    code, status, description = "CODE_EMPTY", 400, "CODE can't be empty"


# People and departments (flows.md 11.1, 11.3)


class EmailInvalid(ArgumentError):
    def __init__(self, email: str) -> None:
        super().__init__(f"Wrong e-mail address: {email}", argument="EMAIL")


class EmailTaken(ArgumentError):
    def __init__(self, email: str) -> None:
        super().__init__(f"A user with the e-mail address {email} already exists", argument="EMAIL")


class UserFieldInvalid(ArgumentError):
    def __init__(self, field: str, expected: str) -> None:
        super().__init__(f"Wrong value of {field}: it should be {expected}", argument=field)


class UserDepartmentMissing(ArgumentError):
    description = (
        "An employee has at least one department (UF_DEPARTMENT);"
        " an extranet user (EXTRANET=Y) has at least one group (SONET_GROUP_ID)"
    )


class UserNotFound(CoreError):
    description = "User not found."


class SelfDeactivation(CoreError):
    description = "You cannot deactivate yourself."


class DepartmentError(CoreError):
    """A refusal of `department.*`."""

    # Quirk: the words end in a line break of HTML (flows.md 11.3; rest-protocol.md 9).


class DepartmentAccessDenied(DepartmentError):
    description = "Access denied.<br>"


class DepartmentNotFound(DepartmentError):
    description = "Department not found.<br>"


class DepartmentNameMissing(DepartmentError):
    description = "Department name not provided.<br>"


class DepartmentParentMissing(DepartmentError):
    description = "Parent department not found.<br>"


class DepartmentHeadMissing(DepartmentError):
    description = "Department head not found.<br>"


class DepartmentSecondRoot(DepartmentError):
    description = "Only one top-level department is allowed.<br>"


class DepartmentInsideItself(DepartmentError):
    description = "A department cannot be moved into itself or its sub-departments.<br>"


class DepartmentRootKept(DepartmentError):
    description = "The top-level department cannot be deleted.<br>"


# Flows (flows.md 3.0): one code, only the words differ


class BusinessError(RestError):
    """A controller's refusal without a code: sent as the string "0"."""

    code, status = "0", 400


class FlowAccessDenied(BusinessError):
    description = "Access denied or flow not found"


class FlowNotFound(BusinessError):
    description = "Flow not found"


class FlowNameTaken(BusinessError):
    description = "A flow with this name already exists"


class PropertyNull(BusinessError):
    def __init__(self, field: str) -> None:
        super().__init__(f"Property {field} cannot be null")


class FieldUnexpected(BusinessError):
    def __init__(self, field: str) -> None:
        super().__init__(f"{field}: unexpected value")


class FieldInvalid(BusinessError):
    def __init__(self, field: str) -> None:
        super().__init__(f"'{field}': field's value has an invalid value")


class FieldEmpty(BusinessError):
    def __init__(self, field: str) -> None:
        super().__init__(f"'{field}': field's value must not be empty")


class FieldTooSmall(BusinessError):
    # Quirk: the words say "greater than", the minimum itself is allowed (flows.md 3.0).
    def __init__(self, field: str, minimum: int) -> None:
        super().__init__(f"'{field}': field's value must be greater than {minimum}")


class FieldTooLarge(BusinessError):
    def __init__(self, field: str, maximum: int) -> None:
        super().__init__(f"'{field}': field's value must be less than {maximum}")


class NameLengthInvalid(BusinessError):
    description = "'name': field's length must be greater than 1 and less than 255"


class NameMissing(BusinessError):
    description = "name: cannot be null"


class PrimaryMissing(BusinessError):
    description = "Primary: field id not found"


class UserMissing(BusinessError):
    def __init__(self, user_id: int) -> None:
        super().__init__(f"User {user_id} doesn't exists")


class GroupUnusable(BusinessError):
    def __init__(self, group_id: int) -> None:
        super().__init__(f"Project {group_id} doesn't exists or cannot be used")


class TemplateMissing(BusinessError):
    def __init__(self, template_id: int) -> None:
        super().__init__(f"Template {template_id} doesn't exists")


class DepartmentMissing(BusinessError):
    def __init__(self, department_id: int) -> None:
        super().__init__(f"Department {department_id} doesn't exist")


class FlowGroupNameTaken(BusinessError):
    description = (
        "Cannot create project because another project with this name already exists. "
        "You can select an existing project or rename the flow."
    )


class SortFieldIncorrect(BusinessError):
    description = "Incorrect sort field"


class SelectInvalid(BusinessError):
    description = "Invalid select data"


class FilterInvalid(BusinessError):
    description = "Invalid filter data"


class GroupDataInvalid(BusinessError):
    description = "Invalid group data"


# Groups (flows.md 11.4): the vendor's empty code goes out as "0" (settled 1)


class GroupNotCreated(BusinessError):
    description = "Cannot create group"


class GroupCreateDenied(BusinessError):
    description = "You have no permissions to create a group"


class GroupInputIncorrect(BusinessError):
    description = "Incorrect input data"


class GroupIdWrong(BusinessError):
    description = "Wrong group ID"


class GroupNotFound(BusinessError):
    description = "Socialnetwork group not found"


class GroupDeleteDenied(BusinessError):
    description = "User has no permissions to delete group"


class GroupHasFlow(BusinessError):
    def __init__(self, kind: str) -> None:
        super().__init__(f"Cannot delete {kind} because it has a dependent flow.")


class GroupRoleIncorrect(BusinessError):
    description = "Incorrect role code"


class GroupUsersWrong(BusinessError):
    description = "Wrong user IDs"


class GroupRoleDenied(BusinessError):
    description = "No permissions to update users role"


class WorkgroupEmpty(RestError):
    code, status, description = "SONET_CONTROLLER_WORKGROUP_EMPTY", 400, "Group ID is not specified"


class WorkgroupNotFound(RestError):
    code, status, description = "SONET_CONTROLLER_WORKGROUP_NOT_FOUND", 400, "Group not found"


# Tasks (flows.md 5)

NOT_ALLOWED = "Action on the task is not allowed"
INTERNAL = " (internal error)"


class TaskIdWrong(BusinessError):
    description = "wrong task id"


class TaskIdMissing(ParameterError):
    description = "CTaskItem All parameters in the constructor must have real class type"


class TaskActionDenied(BusinessError):
    """A change is not allowed, or the task does not exist: the answer is the same."""

    description = NOT_ALLOWED


class TaskMoveDenied(RestError):
    """A status method that answers with the number of its exception (flows.md 5.5)."""

    code, status, description = "1048582", 400, NOT_ALLOWED


class TaskDeleteDenied(TaskMoveDenied):
    description = "No access to delete the task"


class TaskNotFavourable(RestError):
    code, status, description = "1", 400, "Task not found or not accessible"


class SortingKeyInvalid(BusinessError):
    description = "Invalid sorting key" + INTERNAL


class HistoryDenied(BusinessError):
    description = "Access denied." + INTERNAL


class CountersDenied(BusinessError):
    description = "Group not found or access denied." + INTERNAL


# Calendars (flows.md 11.7): the vendor's empty code goes out as "0" (settled 1)


class CalendarDenied(BusinessError):
    description = "Access denied"


class EventNotFound(BusinessError):
    description = "Event not found"


# Notifications (flows.md 11.6)


class NotificationUserEmpty(RestError):
    code, status, description = "USER_ID_EMPTY", 400, "User ID can't be empty"


class MessageEmpty(RestError):
    code, status, description = "MESSAGE_EMPTY", 400, "Message can't be empty"


class AttachmentInvalid(RestError):
    code, status, description = "ATTACH_ERROR", 400, "Incorrect attach params"


class AttachmentOversize(RestError):
    code, status = "ATTACH_OVERSIZE", 400
    description = "You have exceeded the maximum allowable size of attach"


class NotificationParamsInvalid(RestError):
    code, status = "PARAMS_ERROR", 400
    description = "No IDS param or it is not an array"


class NotificationIdInvalid(RestError):
    code, status, description = "ID_ERROR", 400, "Notification ID can't be empty"


class AnswerTextEmpty(RestError):
    code, status, description = "ANSWER_TEXT_ERROR", 400, "Answer text can't be empty"


# Templates of tasks (flows.md 11.5)


class TemplateDenied(BusinessError):
    description = "Access denied"


# What hangs on a task (flows.md 11.8). Quirk: a line break of HTML at the end (rest-protocol.md 9).


class TaskUnavailable(CoreError):
    description = "Task not found or not accessible<br>"


class TaskPartNotFound(CoreError):
    description = "Item not found or not accessible<br>"


class TaskPartDenied(CoreError):
    description = NOT_ALLOWED + "<br>"


class TaskFieldNotFound(CoreError):
    description = "The field was not found<br>"


class TaskFieldTaken(CoreError):
    def __init__(self, name: str) -> None:
        super().__init__(f"A field with the name {name} already exists<br>")


class StageUnavailable(CoreError):
    description = "Stage not found or not accessible<br>"


class StageKept(CoreError):
    description = "The first stage cannot be deleted<br>"


class StageHasTasks(CoreError):
    description = "A stage with tasks cannot be deleted<br>"
