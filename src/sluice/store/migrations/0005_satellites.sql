-- What hangs on a task: its checklists, comments, results, time spent, and fields of the portal's own.
-- Clients expect ids from 2 on (flows.md 2.0): the first one is used up, in a way every engine has.

-- A checklist is an item whose parent is 0.
CREATE TABLE checklist_item (
    id {identity},
    task_id BIGINT NOT NULL,
    parent_id BIGINT NOT NULL,
    created_by BIGINT NOT NULL,
    title TEXT NOT NULL,
    sort_index BIGINT NOT NULL,
    is_complete BIGINT NOT NULL,
    is_important BIGINT NOT NULL,
    toggled_by BIGINT,
    toggled_micros BIGINT
);
INSERT INTO checklist_item (
    task_id, parent_id, created_by, title, sort_index, is_complete, is_important
) VALUES (0, 0, 0, '', 0, 0, 0);
DELETE FROM checklist_item;
CREATE INDEX checklist_item_task ON checklist_item (task_id, id);

CREATE TABLE task_comment (
    id {identity},
    task_id BIGINT NOT NULL,
    author_id BIGINT NOT NULL,
    author_name TEXT NOT NULL,
    author_email TEXT NOT NULL,
    posted_micros BIGINT NOT NULL,
    message TEXT NOT NULL
);
INSERT INTO task_comment (
    task_id, author_id, author_name, author_email, posted_micros, message
) VALUES (0, 0, '', '', 0, '');
DELETE FROM task_comment;
CREATE INDEX task_comment_task ON task_comment (task_id, id);

-- A comment that was named a result of its task.
CREATE TABLE task_result (
    id {identity},
    task_id BIGINT NOT NULL,
    comment_id BIGINT NOT NULL UNIQUE,
    created_by BIGINT NOT NULL,
    created_micros BIGINT NOT NULL,
    updated_micros BIGINT NOT NULL,
    body TEXT NOT NULL
);
INSERT INTO task_result (task_id, comment_id, created_by, created_micros, updated_micros, body)
VALUES (0, 0, 0, 0, 0, '');
DELETE FROM task_result;
CREATE INDEX task_result_task ON task_result (task_id, id);

CREATE TABLE elapsed_item (
    id {identity},
    task_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    seconds BIGINT NOT NULL,
    comment TEXT NOT NULL,
    created_micros BIGINT NOT NULL
);
INSERT INTO elapsed_item (task_id, user_id, seconds, comment, created_micros)
VALUES (0, 0, 0, '', 0);
DELETE FROM elapsed_item;
CREATE INDEX elapsed_item_task ON elapsed_item (task_id, id);
CREATE INDEX elapsed_item_user ON elapsed_item (user_id, id);

-- "My plan" is one person's own board: its columns have a user and no group.
ALTER TABLE stage ADD COLUMN user_id BIGINT NOT NULL DEFAULT 0;
DROP INDEX stage_group;
CREATE INDEX stage_board ON stage (group_id, user_id, sort, id);
-- Where a task stands on such a board; without an entry, in the first column.
CREATE TABLE task_plan (
    task_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    stage_id BIGINT NOT NULL,
    PRIMARY KEY (task_id, user_id)
);
CREATE INDEX task_plan_stage ON task_plan (stage_id);
CREATE INDEX task_stage ON task (stage_id) WHERE stage_id <> 0;

CREATE TABLE user_field (
    id {identity},
    field_name TEXT NOT NULL UNIQUE,
    user_type_id TEXT NOT NULL,
    xml_id TEXT NOT NULL,
    sort BIGINT NOT NULL,
    multiple BIGINT NOT NULL,
    mandatory BIGINT NOT NULL,
    show_filter TEXT NOT NULL,
    show_in_list BIGINT NOT NULL,
    edit_in_list BIGINT NOT NULL,
    is_searchable BIGINT NOT NULL,
    settings TEXT NOT NULL,
    labels TEXT NOT NULL
);
INSERT INTO user_field (
    field_name, user_type_id, xml_id, sort, multiple, mandatory, show_filter, show_in_list,
    edit_in_list, is_searchable, settings, labels
) VALUES ('', '', '', 0, 0, 0, '', 0, 0, 0, '', '');
DELETE FROM user_field;

CREATE TABLE user_field_value (
    task_id BIGINT NOT NULL,
    field_id BIGINT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (task_id, field_id)
);
CREATE INDEX user_field_value_field ON user_field_value (field_id);
