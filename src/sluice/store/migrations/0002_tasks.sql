-- Tasks, the flows that deal them out, and what is kept about them instead of counted.

CREATE TABLE task (
    id {identity},
    title TEXT NOT NULL,
    title_key TEXT NOT NULL,
    description TEXT NOT NULL,
    status BIGINT NOT NULL,
    priority BIGINT NOT NULL,
    mark TEXT,
    parent_id BIGINT,
    group_id BIGINT NOT NULL,
    stage_id BIGINT NOT NULL,
    flow_id BIGINT,
    created_by BIGINT NOT NULL,
    responsible_id BIGINT NOT NULL,
    created_micros BIGINT NOT NULL,
    changed_by BIGINT NOT NULL,
    changed_micros BIGINT NOT NULL,
    activity_micros BIGINT NOT NULL,
    status_changed_by BIGINT,
    status_changed_micros BIGINT NOT NULL,
    closed_by BIGINT,
    closed_micros BIGINT,
    started_micros BIGINT,
    deadline_micros BIGINT,
    plan_start_micros BIGINT,
    plan_end_micros BIGINT,
    guid TEXT NOT NULL,
    xml_id TEXT,
    site_id TEXT NOT NULL,
    allow_change_deadline BIGINT NOT NULL,
    allow_time_tracking BIGINT NOT NULL,
    task_control BIGINT NOT NULL,
    add_in_report BIGINT NOT NULL,
    match_work_time BIGINT NOT NULL,
    multitask BIGINT NOT NULL,
    replicate BIGINT NOT NULL,
    forked_by_template_id BIGINT,
    time_estimate_seconds BIGINT NOT NULL,
    duration_plan BIGINT,
    duration_type TEXT NOT NULL,
    revision BIGINT NOT NULL,
    overdue BIGINT NOT NULL,
    violated_micros BIGINT
);
-- Clients expect ids from 2 on (flows.md 2.0): the first one is used up, in a way every engine has.
INSERT INTO task (
    title, title_key, description, status, priority, group_id, stage_id, created_by,
    responsible_id, created_micros, changed_by, changed_micros, activity_micros,
    status_changed_micros, guid, site_id, allow_change_deadline, allow_time_tracking,
    task_control, add_in_report, match_work_time, multitask, replicate, time_estimate_seconds,
    duration_type, revision, overdue
) VALUES (
    '', '', '', 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, '', '', 0, 0, 0, 0, 0, 0, 0, 0, '', 1, 0
);
DELETE FROM task;

-- What lists are filtered and sorted by most. SQLite knows no distribution of values; of indexes
-- that seem equal it takes the one made last, so they stand here from the vague to the telling.
CREATE INDEX task_status ON task (status, id, deadline_micros); -- tells what is overdue, too
CREATE INDEX task_created ON task (created_micros, id);
CREATE INDEX task_changed ON task (changed_micros, id);
CREATE INDEX task_activity ON task (activity_micros, id);
CREATE INDEX task_closed ON task (closed_micros, id);
CREATE INDEX task_deadline ON task (deadline_micros, id);
CREATE INDEX task_title ON task (title_key, id);
CREATE INDEX task_group ON task (group_id, id);
CREATE INDEX task_flow ON task (flow_id, id);
CREATE INDEX task_created_by ON task (created_by, id);
CREATE INDEX task_responsible ON task (responsible_id, id);
CREATE INDEX task_parent ON task (parent_id, id);
CREATE INDEX task_xml ON task (xml_id) WHERE xml_id IS NOT NULL;
-- Tasks that wait until somebody takes them (flows.md 6.5).
CREATE INDEX task_waiting ON task (status, flow_id, id) WHERE responsible_id = created_by;

-- Who has to do with a task: C creator, R responsible, A accomplice, U auditor.
CREATE TABLE task_member (
    task_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    role TEXT NOT NULL,
    PRIMARY KEY (task_id, role, user_id)
);
CREATE INDEX task_member_user ON task_member (user_id, role, task_id);

CREATE TABLE tag (
    id {identity},
    title TEXT NOT NULL,
    title_key TEXT NOT NULL UNIQUE
);

CREATE TABLE task_tag (
    task_id BIGINT NOT NULL,
    tag_id BIGINT NOT NULL,
    PRIMARY KEY (task_id, tag_id)
);
CREATE INDEX task_tag_tag ON task_tag (tag_id, task_id);

-- What a task is to one person alone.
CREATE TABLE task_mark (
    task_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    viewed_micros BIGINT,
    favorite BIGINT NOT NULL,
    muted BIGINT NOT NULL,
    pinned BIGINT NOT NULL,
    pinned_in_group BIGINT NOT NULL,
    PRIMARY KEY (task_id, user_id)
);
CREATE INDEX task_mark_user ON task_mark (user_id, task_id);

CREATE TABLE task_change (
    id {identity},
    task_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    made_micros BIGINT NOT NULL,
    field TEXT NOT NULL,
    before TEXT,
    after TEXT
);
CREATE INDEX task_change_task ON task_change (task_id, id);

CREATE TABLE task_dependence (
    task_id BIGINT NOT NULL,
    depends_on_id BIGINT NOT NULL,
    link_type BIGINT NOT NULL,
    PRIMARY KEY (task_id, depends_on_id)
);
CREATE INDEX task_dependence_other ON task_dependence (depends_on_id);

-- A queue flow's ring, and who received the last task.
ALTER TABLE flow ADD COLUMN ring TEXT NOT NULL DEFAULT '[]';
ALTER TABLE flow ADD COLUMN last_responsible_id BIGINT;

-- How many tasks of a flow are in which state: kept with each change of a task, not counted.
CREATE TABLE flow_counter (
    flow_id BIGINT NOT NULL PRIMARY KEY,
    pending BIGINT NOT NULL,
    in_work BIGINT NOT NULL,
    completed BIGINT NOT NULL,
    overdue BIGINT NOT NULL,
    total BIGINT NOT NULL
);

-- A deadline that passed while the task was open. repaired: moved into the future, or completed.
CREATE TABLE violation (
    id {identity},
    task_id BIGINT NOT NULL,
    flow_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    happened_micros BIGINT NOT NULL,
    repaired_micros BIGINT
);
CREATE INDEX violation_flow ON violation (flow_id);
CREATE INDEX violation_task ON violation (task_id);

-- What a flow's efficiency is reckoned from: day 0 holds what counts whatever the day.
CREATE TABLE efficiency_cell (
    flow_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    total BIGINT NOT NULL,
    violating BIGINT NOT NULL,
    PRIMARY KEY (flow_id, day)
);

-- What falls due later. One job per kind and subject; a new instant replaces the old one.
CREATE TABLE job (
    kind TEXT NOT NULL,
    subject_id BIGINT NOT NULL,
    due_micros BIGINT NOT NULL,
    PRIMARY KEY (kind, subject_id)
);
CREATE INDEX job_due ON job (due_micros);

-- Facts that somebody is to be told (flows.md 9); sending them is another matter.
CREATE TABLE alert (
    id {identity},
    kind TEXT NOT NULL,
    flow_id BIGINT NOT NULL,
    task_id BIGINT,
    user_id BIGINT NOT NULL,
    raised_micros BIGINT NOT NULL,
    detail TEXT NOT NULL
);
CREATE INDEX alert_flow ON alert (flow_id, kind, id);

-- Whether an overflow or efficiency alert may be raised again (flows.md 9).
CREATE TABLE alert_silence (
    flow_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    until_micros BIGINT NOT NULL,
    PRIMARY KEY (flow_id, kind)
);

-- How many tasks there are in all: what an administrator's list asks most often.
CREATE TABLE task_total (
    total BIGINT NOT NULL
);
INSERT INTO task_total (total) VALUES (0);
