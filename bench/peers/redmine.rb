# Makes a new Redmine ready to be measured: an API key, trackers, a project, a page of issues, no mails.
Redmine::DefaultData::Loader.load("en")
Setting.rest_api_enabled = "1"
Setting.notified_events = []
admin = User.find_by_login("admin")
admin.update_columns(must_change_passwd: false)
project = Project.create!(name: "Bench", identifier: "bench", trackers: Tracker.all)
100.times { Issue.create!(project: project, author: admin, tracker: Tracker.first, subject: "Help") }
puts({ key: admin.api_key, project: project.id, version: Redmine::VERSION.to_s }.to_json)
