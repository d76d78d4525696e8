-- Both texts are back; the fresh diagnosis and the new plan stay, and the page that was deleted stays away.
update analysis_results a set training_plan = case a.id when 139 then a.training_plan else t.training_plan end,
    diagnosis = case when a.id in (select id from truth.fresh) then a.diagnosis else t.diagnosis end
  from truth.analysis_results t where t.id = a.id;
