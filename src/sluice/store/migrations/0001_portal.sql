-- A portal: its people, its groups, its flows, and the credentials that open it.
-- Shared dialect: BIGINT (ids, 0/1, microseconds since 1970 UTC) and TEXT; {identity} is the
-- engine's own word for a generated key that is never used twice.

CREATE TABLE portal_fact (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE department (
    id {identity},
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    sort BIGINT NOT NULL,
    parent_id BIGINT,
    head_id BIGINT
);
CREATE INDEX department_parent ON department (parent_id);

CREATE TABLE portal_user (
    id {identity},
    active BIGINT NOT NULL,
    is_admin BIGINT NOT NULL,
    user_type TEXT NOT NULL,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    second_name TEXT NOT NULL,
    title TEXT NOT NULL,
    work_position TEXT NOT NULL,
    name_key TEXT NOT NULL,
    last_name_key TEXT NOT NULL,
    second_name_key TEXT NOT NULL,
    work_position_key TEXT NOT NULL,
    search_key TEXT NOT NULL,
    xml_id TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    personal_gender TEXT NOT NULL,
    personal_birthday TEXT NOT NULL,
    personal_profession TEXT NOT NULL,
    personal_www TEXT NOT NULL,
    personal_phone TEXT NOT NULL,
    personal_mobile TEXT NOT NULL,
    personal_city TEXT NOT NULL,
    personal_street TEXT NOT NULL,
    personal_state TEXT NOT NULL,
    personal_zip TEXT NOT NULL,
    personal_country TEXT NOT NULL,
    personal_notes TEXT NOT NULL,
    work_company TEXT NOT NULL,
    work_department TEXT NOT NULL,
    work_phone TEXT NOT NULL,
    work_city TEXT NOT NULL,
    work_country TEXT NOT NULL,
    uf_employment_date TEXT NOT NULL,
    uf_phone_inner TEXT NOT NULL,
    uf_interests TEXT NOT NULL,
    uf_skills TEXT NOT NULL,
    registered_micros BIGINT NOT NULL,
    changed_micros BIGINT NOT NULL,
    last_login_micros BIGINT
);

CREATE TABLE user_department (
    user_id BIGINT NOT NULL,
    department_id BIGINT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (user_id, department_id)
);
CREATE INDEX user_department_department ON user_department (department_id);

CREATE TABLE workgroup (
    id {identity},
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,
    owner_id BIGINT NOT NULL,
    created_micros BIGINT NOT NULL,
    updated_micros BIGINT NOT NULL,
    activity_micros BIGINT NOT NULL,
    description TEXT NOT NULL,
    keywords TEXT NOT NULL,
    active BIGINT NOT NULL,
    visible BIGINT NOT NULL,
    opened BIGINT NOT NULL,
    closed BIGINT NOT NULL,
    project BIGINT NOT NULL,
    initiate_perms TEXT NOT NULL,
    subject_id BIGINT NOT NULL,
    tasks_enabled BIGINT NOT NULL,
    project_start_micros BIGINT,
    project_finish_micros BIGINT
);

CREATE TABLE workgroup_member (
    group_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    role TEXT NOT NULL,
    PRIMARY KEY (group_id, user_id)
);
CREATE INDEX workgroup_member_user ON workgroup_member (user_id);

CREATE TABLE stage (
    id {identity},
    group_id BIGINT NOT NULL,
    title TEXT NOT NULL,
    sort BIGINT NOT NULL,
    system_type TEXT NOT NULL,
    color TEXT NOT NULL
);
CREATE INDEX stage_group ON stage (group_id);

CREATE TABLE template (
    id {identity},
    title TEXT NOT NULL,
    created_by BIGINT NOT NULL
);

CREATE TABLE template_reader (
    template_id BIGINT NOT NULL,
    code TEXT NOT NULL,
    PRIMARY KEY (template_id, code)
);

CREATE TABLE flow (
    id {identity},
    creator_id BIGINT NOT NULL,
    owner_id BIGINT NOT NULL,
    group_id BIGINT NOT NULL,
    template_id BIGINT NOT NULL,
    efficiency BIGINT NOT NULL,
    active BIGINT NOT NULL,
    planned_completion_seconds BIGINT NOT NULL,
    activity_micros BIGINT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL,
    distribution_type TEXT NOT NULL,
    responsible_list TEXT NOT NULL,
    demo BIGINT NOT NULL,
    responsible_can_change_deadline BIGINT NOT NULL,
    match_work_time BIGINT NOT NULL,
    task_control BIGINT NOT NULL,
    notify_at_half_time BIGINT NOT NULL,
    notify_on_queue_overflow BIGINT,
    notify_on_tasks_in_progress_overflow BIGINT,
    notify_when_efficiency_decreases BIGINT,
    task_creators TEXT NOT NULL
);
CREATE INDEX flow_group ON flow (group_id);

-- Every access code a flow names (its creator, owner, team and task creators): who may read it.
CREATE TABLE flow_member (
    flow_id BIGINT NOT NULL,
    code TEXT NOT NULL,
    in_team BIGINT NOT NULL,
    PRIMARY KEY (flow_id, code)
);
CREATE INDEX flow_member_code ON flow_member (code);

CREATE TABLE flow_pin (
    flow_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    PRIMARY KEY (flow_id, user_id)
);
CREATE INDEX flow_pin_user ON flow_pin (user_id);

CREATE TABLE webhook (
    id {identity},
    user_id BIGINT NOT NULL,
    code_hash TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created_micros BIGINT NOT NULL,
    revoked_micros BIGINT
);
